//! The same workloads in other frameworks, timed by a script of theirs that runs beside us.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The script, running.
pub struct Peers {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What the table calls them, in its order.
pub const NAMES: [&str; 3] = ["PyTorch", "JAX", "scikit-learn"];

impl Peers {
    /// Starts the script with this Python.
    pub fn start(python: &str) -> Result<Peers, String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/peers.py");
        let mut command = Command::new(python);
        let child = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("{python} cannot be run: {error}"))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(ask), Some(answers)) => Ok(Peers { child, ask, answers: BufReader::new(answers) }),
            _ => Err(format!("{python} cannot be talked to")),
        }
    }

    /// The seconds of a step of each peer that has the workload.
    pub fn seconds(&mut self, workload: &str) -> Result<BTreeMap<String, f64>, String> {
        writeln!(self.ask, "{workload}").and_then(|()| self.ask.flush()).map_err(|error| error.to_string())?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|error| error.to_string())?;
        let times: BTreeMap<String, f64> =
            serde_json::from_str(&line).map_err(|error| format!("the peers' script says {line:?}: {error}"))?;
        Ok(times.into_iter().map(|(name, microseconds)| (name, microseconds / 1e6)).collect())
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // It would end with its input; what it is at does not matter any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
