//! Faults of the options: steps too large, too small, too few.

use chainrule_doctor::Cause;

use crate::healthy;
use crate::specimen::{Fault, Specimen};

/// All of them.
pub fn all() -> Vec<Fault> {
    [step_too_large(), too_little_training()].into_iter().flatten().collect()
}

fn step_too_large() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, set: &str| {
        specimen.broken(Cause::StepTooLarge, name, &["rate", "momentum", "optimizer"], |it| it.set(set))
    };
    vec![
        fault(healthy::plane(), "rate", "rate=1.5"),
        fault(healthy::digits(), "rate", "rate=8"),
        fault(healthy::wave(), "rate", "rate=3"),
        fault(healthy::parabola(), "rate", "rate=0.6"),
        fault(healthy::deep(), "momentum", "momentum=0.99 rate=0.2"),
        fault(healthy::moons(), "rate", "rate=10"),
        fault(healthy::spiral(), "rate", "rate=1"),
        fault(healthy::poisson(), "rate", "rate=1"),
        fault(healthy::surface(), "rate", "rate=0.6"),
        fault(healthy::autoencoder(), "rate", "rate=300"),
        fault(healthy::curve(), "momentum", "optimizer=momentum momentum=0.98 rate=0.5"),
    ]
}

fn too_little_training() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], set: &str| {
        specimen.broken(Cause::TooLittleTraining, name, places, |it| it.set(set))
    };
    vec![
        fault(healthy::plane(), "slow", &["rate", "epochs"], "rate=0.00001"),
        fault(healthy::digits(), "epochs", &["epochs", "rate", "batch"], "epochs=1 batch=500"),
        fault(healthy::wave(), "slow", &["rate", "epochs"], "rate=0.00003"),
        fault(healthy::spiral(), "epochs", &["epochs", "rate"], "epochs=3"),
        fault(healthy::parabola(), "clipped", &["clip_norm", "rate", "epochs"], "clip-norm=0.0005"),
        fault(
            healthy::deep(),
            "schedule",
            &["schedule", "rate", "epochs"],
            "schedule=step schedule-every=1 schedule-factor=0.1",
        ),
        fault(healthy::moons(), "batch", &["batch", "rate", "epochs"], "batch=200 epochs=10 rate=0.01"),
        fault(healthy::surface(), "adagrad", &["rate", "epochs", "optimizer"], "optimizer=adagrad rate=0.0005"),
        fault(healthy::blobs(), "slow", &["rate", "epochs"], "rate=0.000001"),
        fault(healthy::curve(), "rmsprop", &["rate", "epochs"], "optimizer=rmsprop rate=0.00002"),
        fault(healthy::autoencoder(), "epochs", &["epochs", "rate"], "epochs=3"),
    ]
}
