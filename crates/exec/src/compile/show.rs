//! A program as text: what runs, on which nodes, where.

use std::fmt;

use super::Program;

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.lines.iter().chain(&self.late).enumerate() {
            let names: Vec<String> = line.nodes.iter().map(|&id| self.graph.describe(id)).collect();
            writeln!(f, "{number:4}  {:?}   # {}", line.instruction, names.join(", "))?;
        }
        Ok(())
    }
}
