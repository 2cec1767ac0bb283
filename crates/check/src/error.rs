//! Why a check could not be made.

use std::fmt;

use chainrule_exec::{ExecError, NanOrigin};
use chainrule_graph::GraphError;

/// Why a check could not be made. A wrong derivative is no error but a failure in the report.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckError {
    /// The function has no objective.
    NoObjective,
    /// The graph could not be built or differentiated.
    Graph(GraphError),
    /// The graph could not be run.
    Run(ExecError),
    /// A draw is set for a node that is no input.
    NoInput {
        /// How a message calls the node.
        name: String,
    },
    /// At no draw of integers could the graph be run.
    NotDrawn {
        /// How many draws were tried.
        draws: usize,
        /// What was wrong with the last one.
        error: ExecError,
    },
    /// No draw gave finite values and derivatives.
    NotFinite {
        /// How many draws were tried.
        draws: usize,
        /// The node at which the last one went wrong.
        nan_origin: Box<NanOrigin>,
    },
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckError::NoObjective => f.write_str("the function has no `objective` to differentiate"),
            CheckError::Graph(error) => error.fmt(f),
            CheckError::Run(error) => error.fmt(f),
            CheckError::NoInput { name } => write!(f, "{name} is computed; only an input is drawn"),
            CheckError::NotDrawn { draws, error } => write!(
                f,
                "none of {draws} draws can be computed; in the last one, {error}; declare the range of the integers, \
                 as in `int < 3`"
            ),
            CheckError::NotFinite { draws, nan_origin } => {
                write!(
                    f,
                    "none of {draws} draws has finite values and derivatives; in the last one, {nan_origin}\n  "
                )?;
                f.write_str("reals are drawn from normal(0, 1), and the function is checked only where all are finite")
            }
        }
    }
}

impl std::error::Error for CheckError {}

impl From<GraphError> for CheckError {
    fn from(error: GraphError) -> CheckError {
        CheckError::Graph(error)
    }
}

impl From<ExecError> for CheckError {
    fn from(error: ExecError) -> CheckError {
        CheckError::Run(error)
    }
}
