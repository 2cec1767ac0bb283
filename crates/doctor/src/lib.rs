//! The doctor: why a model does not learn, which node, column or setting is guilty, and the proof.
//!
//! [`diagnose`](fn@diagnose) trains a model as it would be trained, compares it with the best constant and with small
//! models that are known to be good ([`Baselines`]), and looks at the graph, the data, the settings and every node
//! ([`Evidence`]). Each rule in `rules` knows one [`Cause`], and says what speaks for it: a [`Suspicion`], with the changes
//! that would mend it. Each change is **tried**: the same training with that one difference. Only a change that helps is a
//! [`Finding`], and a model that does as well as it could has none.
#![forbid(unsafe_code)]

mod baselines;
mod budget;
mod case;
mod cause;
mod change;
mod course;
mod diagnose;
mod evidence;
mod exhibit;
mod features;
mod measure;
mod observation;
mod picture;
mod places;
mod relation;
mod report;
mod rules;
mod run;
mod statistics;
mod structure;
mod table;
mod task;
mod trial;

pub use baselines::Baselines;
pub use budget::Shortened;
pub use case::{Case, CaseError, Scaling};
pub use cause::Cause;
pub use change::{Change, DataChange, Replacement, Setting};
pub use diagnose::{Doctor, Examining, diagnose};
pub use evidence::Evidence;
pub use measure::Measured;
pub use picture::{Course, Exhibit, Quantity, Shown};
pub use report::{Diagnosis, Figures, Finding, LineChange, Remedy, Verdict};
pub use rules::{Judge, Specificity, Suspicion};
pub use run::Run;
pub use task::Task;
