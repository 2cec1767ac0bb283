//! The training step of networks, on one thread and two: how long ours takes, its bare products, and PyTorch's.

use std::collections::BTreeMap;

use chainrule_exec::compile::Precision;
use chainrule_graph::{Function, text};
use chainrule_kernels::Level;
use chainrule_learn::{Adam, Optimizer};

use crate::bare_products::{BareProducts, peak};
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

const NETWORKS: [Network; 6] = [
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
    Network {
        key: "attention",
        name: "attention 4 × 64, 512 places",
        model: include_str!("../networks/attention.graph"),
        batch: 1,
    },
    Network {
        key: "separable",
        name: "depthwise-separable 64 × 32 × 32, batch 16",
        model: include_str!("../networks/separable.graph"),
        batch: 16,
    },
];

/// What the peers' script may time.
const PEERS: [&str; 2] = ["PyTorch", "PyTorch, channels last"];

/// Prints the microseconds of a step of each network whose name holds `only`; ours and the peers' are timed in turn, so often.
///
/// # Errors
/// The peers cannot be talked to.
pub fn print(only: Option<&str>, turns: usize, program: bool, mut peers: Option<&mut Peers>) -> Result<(), String> {
    println!("f32, Adam, {}, medians of {turns} turns", Level::best());
    let peaks = [1, 2].map(|threads| pool(threads).install(peak));
    let [one, two] = peaks.map(|peak| peak / 1e9);
    println!(
        "large products: {one:.0} and {two:.0} GFLOP/s on one thread and two; below 1.9 times there was a neighbour\n"
    );
    let mut rows = Vec::new();
    for network in NETWORKS.iter().filter(|network| only.is_none_or(|only| network.name.contains(only))) {
        for (threads, peak) in (1..).zip(peaks) {
            rows.push(network.measured((threads, peak), turns, program, peers.as_deref_mut())?);
        }
    }
    let mut heading = vec!["network", "threads", "ours µs", "products µs", "at peak µs", "compile ms", "workspace MB"];
    if peers.is_some() {
        heading.extend(PEERS);
    }
    println!("{}", table(&heading, rows));
    Ok(())
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a small pool")
}

impl Network {
    fn function(&self) -> Function {
        let model = text::parse(self.model).expect("the model is well formed");
        model.build(&BTreeMap::new()).expect("its shapes fit")
    }

    fn measured(
        &self,
        (threads, peak): (usize, f64),
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
        let pool = pool(threads);
        let mut products = pool.install(|| BareProducts::of(trainer.program.graph()));
        let (mut ours, mut bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let mut theirs: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for _ in 0..turns {
            let step = time(&mut || trainer.epoch()) / steps;
            let of_products = pool.install(|| time(&mut || (0..trainer.steps).for_each(|_| products.run()))) / steps;
            ours.push(step);
            bare.push(of_products);
            ratios.push(step / of_products);
            if let Some(peers) = peers.as_deref_mut() {
                for (name, seconds) in peers.seconds(&format!("{} {threads}", self.key))? {
                    theirs.entry(name).or_default().push(seconds);
                }
            }
        }
        let (ours, bare, ratio) = (median(ours), median(bare), median(ratios));
        let compile = format!("{:.1}", trainer.compile_seconds * 1e3);
        let megabytes = format!("{:.1}", trainer.workspace.bytes() as f64 / 1e6);
        let bare = format!("{} ({ratio:.2} ×)", microseconds(bare));
        let at_peak = microseconds(products.operations as f64 / peak);
        let mut row =
            vec![self.name.into(), threads.to_string(), microseconds(ours), bare, at_peak, compile, megabytes];
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
