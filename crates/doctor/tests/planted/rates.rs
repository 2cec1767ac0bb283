//! The rates: a table over the causes, and a line for each that is not right.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chainrule_doctor::{Cause, Figures};

use crate::judge::Judged;
use crate::specimen::{Fault, Specimen};

/// The rates of each cause, and what was said of those that are not right.
pub struct Rates {
    /// The mean over the causes of the share of right first findings.
    pub right: f64,
    /// Healthy ones of which something was said.
    pub alarms: usize,
    /// Healthy ones that are not, and faults that are none.
    pub unsound: usize,
    /// All as text.
    pub text: String,
    all: Vec<Judged>,
}

impl Rates {
    /// Of all that was judged.
    pub fn of(all: Vec<Judged>) -> Rates {
        let mut text = format!(
            "{:<22}{:>6}{:>7}{:>7}{:>8}{:>7}{:>7}\n",
            "cause", "cases", "right", "exact", "missed", "wrong", "place"
        );
        let mut shares = Vec::new();
        for &cause in Cause::ALL {
            let of: Vec<&Judged> = all.iter().filter(|judged| judged.cause == Some(cause) && judged.holds).collect();
            let count = |is: &dyn Fn(&&&Judged) -> bool| of.iter().filter(is).count();
            let right = count(&|judged| judged.right);
            let exact = count(&|judged| judged.said.as_ref().is_some_and(|said| said.cause == cause));
            let missed = count(&|judged| judged.said.is_none());
            let placed = count(&|judged| judged.right && judged.placed);
            let wrong = of.len() - right - missed;
            let _ = writeln!(
                text,
                "{:<22}{:>6}{right:>7}{exact:>7}{missed:>8}{wrong:>7}{placed:>7}",
                cause.key(),
                of.len()
            );
            if !of.is_empty() {
                shares.push(right as f64 / of.len() as f64);
            }
        }
        let right = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
        let healthy = all.iter().filter(|judged| judged.cause.is_none());
        let alarms = healthy.clone().filter(|judged| !judged.right).count();
        let unsound = all.iter().filter(|judged| !judged.holds).count();
        let seconds: f64 = all.iter().map(|judged| judged.seconds).sum();
        let _ = writeln!(
            text,
            "\nright {:.1} % by the mean over {} causes; {alarms} alarms on {} healthy; {unsound} not what they are said to be; \
             {seconds:.0} s of examining\n",
            100.0 * right,
            shares.len(),
            healthy.count()
        );
        for judged in &all {
            text += &line(judged);
        }
        Rates { right, alarms, unsound, text, all }
    }

    /// Writes the table and, of each that is not right, what the program `doctor` takes.
    pub fn write(&self, folder: &Path, healthy: &[Specimen], faults: &[Fault]) -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("table.txt"), &self.text)?;
        let specimens = healthy.iter().chain(faults.iter().map(|fault| &fault.faulty));
        for (specimen, judged) in specimens.zip(&self.all) {
            if judged.right && judged.holds && judged.placed {
                continue;
            }
            let file = |ending: &str| folder.join(format!("{}.{ending}", specimen.name));
            fs::write(file("graph"), &specimen.text)?;
            fs::write(file("csv"), specimen.columns.csv())?;
            fs::write(file("args"), specimen.arguments.line() + "\n")?;
        }
        Ok(())
    }
}

/// What there is to say of one that is not right, or not sound.
fn line(judged: &Judged) -> String {
    let cause = judged.cause.map_or("healthy", Cause::key);
    let (healthy, faulty) = judged.measured;
    let mut text = String::new();
    if !judged.holds {
        let _ = writeln!(text, "UNSOUND {:<34} {cause}: healthy {healthy:.3}, faulty {faulty:.3}", judged.name);
        return text;
    }
    for refuted in &judged.refuted {
        let _ = writeln!(text, "REFUTED {:<34} {cause}: the remedy of {refuted} does not mend it", judged.name);
    }
    let is_exact = judged.said.as_ref().map(|said| said.cause) == judged.cause;
    if judged.right && judged.placed && is_exact {
        return text;
    }
    let verdict = match (&judged.said, judged.cause) {
        _ if judged.right && judged.placed => "ALSO",
        _ if judged.right => "PLACE",
        (None, _) => "MISSED",
        (Some(_), None) => "ALARM",
        (Some(_), Some(_)) => "WRONG",
    };
    let _ = write!(text, "{verdict:<7} {:<34} {cause} ({healthy:.3} healthy, {faulty:.3} faulty)", judged.name);
    if let Some(said) = &judged.said {
        let place = [said.node.as_deref(), said.setting, said.column.as_deref()];
        let place: Vec<&str> = place.into_iter().flatten().collect();
        let left = |of: &Figures| of.unexplained.unwrap_or(f64::NAN);
        let (before, after) = (left(&said.before), left(&said.after));
        let _ = write!(
            text,
            "\n          said {} at {}: {} [{before:.3} -> {after:.3}]",
            said.cause,
            place.join(" / "),
            said.evidence
        );
    }
    text + "\n"
}
