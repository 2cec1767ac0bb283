//! What values are for: prediction, objective, the next value of a parameter or a state.

use super::{Builder, Var};
use crate::error::GraphError;
use crate::function::Function;
use crate::graph::Update;
use crate::node::{Kind, Value};

impl Builder {
    /// Says what the function predicts, once.
    #[track_caller]
    pub fn prediction(&self, var: Var<'_>) {
        if self.refuses_role("prediction") {
            return;
        }
        let Some(id) = self.own(var) else { return };
        let before = self.state.borrow().frame.function.prediction;
        if before.is_some_and(|before| before != id) {
            self.fail("the prediction is said twice".into(), Some("a function has one prediction".into()));
            return;
        }
        self.state.borrow_mut().frame.function.prediction = Some(id);
        self.name_if_free(id, "prediction");
    }

    /// Says what is to be made small, once: a real scalar.
    #[track_caller]
    pub fn objective(&self, var: Var<'_>) {
        if self.refuses_role("objective") {
            return;
        }
        let Some(id) = self.own(var) else { return };
        let before = self.state.borrow().frame.function.objective;
        if before.is_some_and(|before| before != id) {
            self.fail("the objective is said twice".into(), Some("a function has one objective: add them up".into()));
        } else if var.rank() != 0 || var.kind() != Kind::Real {
            self.fail(
                format!("the objective {} of kind {} is no single real number", var.describe(), var.kind()),
                Some("take its mean() or sum()".into()),
            );
        } else {
            self.state.borrow_mut().frame.function.objective = Some(id);
            self.name_if_free(id, "objective");
        }
    }

    /// Says that a run replaces the value of `target`, a parameter or state, by that of `value`.
    #[track_caller]
    pub fn update(&self, target: Var<'_>, value: Var<'_>) {
        if self.refuses_role("update") {
            return;
        }
        let (Some(target_id), Some(value_id)) = (self.own(target), self.own(value)) else { return };
        let becomes = || format!("{} cannot become {}", target.describe(), value.describe());
        if target.shape() != value.shape() {
            self.fail(format!("{}: the shapes differ", becomes()), None);
        } else if target.kind() != value.kind() {
            self.fail(format!("{}: the kinds differ, {} and {}", becomes(), target.kind(), value.kind()), None);
        } else if !target.op().is_some_and(|op| op.is_input()) {
            self.fail(format!("{} is computed and can not be updated", target.describe()), None);
        } else if self.state.borrow().frame.function.graph.updates.iter().any(|update| update.target == target_id.node)
        {
            self.fail(format!("{} is updated twice", target.describe()), None);
        } else {
            let update = Update { target: target_id.node, value: value_id };
            self.state.borrow_mut().frame.function.graph.updates.push(update);
        }
    }

    /// Whether a role is said in the body of a loop, which is a mistake.
    #[track_caller]
    fn refuses_role(&self, role: &str) -> bool {
        let refuses = self.is_in_body();
        if refuses {
            self.fail(format!("the {role} is said in the body of a loop"), Some("say it after the loop".into()));
        }
        refuses
    }

    #[track_caller]
    fn name_if_free(&self, id: Value, name: &str) {
        let unnamed = self.state.borrow().frame.function.graph.name(id).is_none();
        if unnamed && self.find(name).is_none() {
            self.set_name(id, name);
        }
    }
}

/// Whether the roles of a function go together.
pub(super) fn check(function: &Function) -> Result<(), GraphError> {
    function.check_roles()?;
    let graph = &function.graph;
    for (role, id) in [("prediction", function.prediction), ("objective", function.objective)] {
        if let (Some(id), Some(named)) = (id, graph.find(role))
            && id != named
        {
            return Err(GraphError::new(format!("the node named `{role}` is not the {role}"))
                .at(graph.node(named).origin.clone())
                .help("choose another name for it"));
        }
    }
    if let Some(prediction) = function.prediction {
        let needed = graph.needed_for([prediction]);
        if let Some(&outcome) = function.outcomes.iter().find(|outcome| needed[outcome.index()]) {
            return Err(GraphError::new(format!("the prediction needs the outcome {}", graph.describe(outcome)))
                .at(graph.node(prediction).origin.clone())
                .help("predict from inputs and parameters alone"));
        }
    }
    Ok(())
}
