//! The input's columns are far from deviation 1, or far from each other's: one rate can't suit all weights, and units
//! saturate.
//!
//! Story: "softmax regression on wine does not learn". Source: LeCun, Bottou, Orr and Müller 1998, "Efficient BackProp",
//! section 4.3: the conditioning of the problem is that of the inputs' covariance.
//!
//! Evidence: the mean and the deviation of each column.

use super::{Rule, Specificity, Suspicion};
use crate::case::Scaling;
use crate::cause::Cause;
use crate::change::{Change, Setting};
use crate::evidence::Evidence;
use crate::statistics::moments;
use chainrule_graph::Kind;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// The second moment of a standardized column is 1; the condition of the problem is the ratio of the greatest to the least.
const CONDITION: f64 = 30.0;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let scaled: &[String] = match &evidence.case.scaling {
        Scaling::Inputs => return Vec::new(),
        Scaling::None => &[],
        Scaling::Named(names) => names,
    };
    let mut columns = Vec::new();
    for field in evidence.inputs().filter(|field| field.kind == Kind::Real && !scaled.contains(&field.name)) {
        for (element, column) in field.element_names().into_iter().enumerate() {
            let Ok(values) = evidence.column(field, element) else { continue };
            let (mean, deviation) = moments(&values);
            if deviation > 0.0 {
                columns.push((field.name.clone(), column, mean, deviation));
            }
        }
    }
    let size = |mean: f64, deviation: f64| (mean * mean + deviation * deviation).sqrt();
    let by_size =
        |a: &&(String, String, f64, f64), b: &&(String, String, f64, f64)| size(a.2, a.3).total_cmp(&size(b.2, b.3));
    let (Some(least), Some(greatest)) = (columns.iter().min_by_key(|c| Ordered(c.3)), columns.iter().max_by(by_size))
    else {
        return Vec::new();
    };
    let (low, high) = (least.3, size(greatest.2, greatest.3));
    let condition = (high / low.min(1.0)).max(high.max(1.0) / low);
    if condition < CONDITION {
        return Vec::new();
    }
    let said = format!(
        "`{}` has mean {:.4} and deviation {:.4}, `{}` has mean {:.4} and deviation {:.4}",
        greatest.1, greatest.2, greatest.3, least.1, least.2, least.3
    );
    let scaling = match &evidence.case.scaling {
        Scaling::Named(names) => {
            let more = evidence.inputs().filter(|field| field.kind == Kind::Real).map(|field| field.name.clone());
            let mut all: Vec<String> = names.iter().cloned().chain(more).collect();
            all.sort();
            all.dedup();
            Scaling::Named(all)
        }
        Scaling::None | Scaling::Inputs => Scaling::Inputs,
    };
    vec![
        Suspicion::new(Cause::InputsNotScaled, Specificity::Data, said)
            .at_node(greatest.0.clone())
            .at_setting("standardize")
            .at_column(greatest.1.clone())
            .mended_by([Change::Setting(Setting::Scaling(scaling))]),
    ]
}

/// Numbers in their total order.
#[derive(PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Ordered) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Ordered) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
