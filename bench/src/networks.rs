//! The training step of four networks, on one thread and two: how long ours takes, and PyTorch's.

use std::collections::BTreeMap;

use chainrule_exec::compile::Precision;
use chainrule_graph::{Function, text};
use chainrule_learn::{Adam, Optimizer};

use crate::peers::Peers;
use crate::table::{median, microseconds, table, time};
use crate::trainer::{Trainer, Way};

/// A network, and how many rows its step takes.
struct Network {
    /// What the peers' script calls it.
    key: &'static str,
    name: &'static str,
    model: &'static str,
    batch: usize,
}

const NETWORKS: [Network; 4] = [
    Network {
        key: "lenet",
        name: "LeNet-5, 28 × 28, batch 64",
        model: include_str!("../networks/lenet.graph"),
        batch: 64,
    },
    Network {
        key: "resnet8",
        name: "ResNet-8, 3 × 32 × 32, batch 32",
        model: include_str!("../networks/resnet8.graph"),
        batch: 32,
    },
    Network {
        key: "lstm",
        name: "LSTM 64-128, 32 steps, batch 32",
        model: include_str!("../networks/lstm.graph"),
        batch: 32,
    },
    Network {
        key: "gpt",
        name: "GPT 4 × 128, 64 tokens, batch 12",
        model: include_str!("../networks/gpt.graph"),
        batch: 12,
    },
];

/// What the peers' script may time.
const PEERS: [&str; 2] = ["PyTorch", "PyTorch, channels last"];

/// Prints the microseconds of a step of each network whose name holds `only`; ours and the peers' are timed in turn, so often.
///
/// # Errors
/// The peers cannot be talked to.
pub fn print(only: Option<&str>, turns: usize, program: bool, mut peers: Option<&mut Peers>) -> Result<(), String> {
    println!("f32, Adam, medians of {turns} turns\n");
    let mut rows = Vec::new();
    for network in NETWORKS.iter().filter(|network| only.is_none_or(|only| network.name.contains(only))) {
        for threads in [1, 2] {
            rows.push(network.measured(threads, turns, program, peers.as_deref_mut())?);
        }
    }
    let mut heading = vec!["network", "threads", "ours µs", "compile ms", "workspace MB"];
    if peers.is_some() {
        heading.extend(PEERS);
    }
    println!("{}", table(&heading, rows));
    Ok(())
}

impl Network {
    fn function(&self) -> Function {
        let model = text::parse(self.model).expect("the model is well formed");
        model.build(&BTreeMap::new()).expect("its shapes fit")
    }

    fn measured(
        &self,
        threads: usize,
        turns: usize,
        program: bool,
        mut peers: Option<&mut Peers>,
    ) -> Result<Vec<String>, String> {
        let optimizer = Optimizer::Adam(Adam::default());
        let way = Way { optimizer, batch: Some(self.batch), threads, precision: Precision::F32 };
        let mut trainer = Trainer::new(&self.function(), way);
        if program {
            println!("{}\n\n{}", self.name, trainer.program);
        }
        let steps = trainer.steps as f64;
        trainer.epoch();
        let mut ours = Vec::new();
        let mut theirs: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for _ in 0..turns {
            ours.push(time(&mut || trainer.epoch()) / steps);
            if let Some(peers) = peers.as_deref_mut() {
                for (name, seconds) in peers.seconds(&format!("{} {threads}", self.key))? {
                    theirs.entry(name).or_default().push(seconds);
                }
            }
        }
        let ours = median(ours);
        let compile = format!("{:.1}", trainer.compile_seconds * 1e3);
        let megabytes = format!("{:.1}", trainer.workspace.bytes() as f64 / 1e6);
        let mut row = vec![self.name.into(), threads.to_string(), microseconds(ours), compile, megabytes];
        if peers.is_some() {
            row.extend(PEERS.map(|name| {
                let found = theirs.remove(name).map(|times| {
                    let theirs = median(times);
                    format!("{} ({:.2} ×)", microseconds(theirs), theirs / ours)
                });
                found.unwrap_or_default()
            }));
        }
        Ok(row)
    }
}
