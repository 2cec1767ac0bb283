//! The general contraction: a sum of products over shared axes. Dot, matrix-vector, outer and matrix products are
//! contractions, so are their derivatives, and so is what batching makes of them.
//!
//! Each axis of the operands and of the result carries a label: axes of one label run together, and those missing from
//! the result are summed over. It is Einstein's convention as `einsum` writes it: `ij,j->i` is a matrix times a vector.

use super::rules::{Contributions, batch_with};
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, exactly, must, must_be_real};
use crate::builder::{Builder, Var};
use crate::shape::Shape;

/// The label of an axis.
pub type Label = u8;

/// The letters that stand for labels 0, 1, … in an equation.
const LETTERS: &[u8] = b"ijklmnopqrstuvwxyzabcdefghABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The labels of the axes of both operands and of the result. A label stands at most once in each, and in at least two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contract {
    /// The labels of the first operand's axes.
    pub lhs: Vec<Label>,
    /// The labels of the second operand's axes.
    pub rhs: Vec<Label>,
    /// The labels of the result's axes.
    pub out: Vec<Label>,
}

impl Contract {
    /// A contraction from its labels, renumbered in order of appearance so that equal contractions compare equal.
    pub fn new(lhs: &[Label], rhs: &[Label], out: &[Label]) -> Contract {
        let mut seen = Vec::new();
        let mut renumber = |labels: &[Label]| -> Vec<Label> {
            let number = |label: &Label| {
                seen.iter().position(|l| l == label).unwrap_or_else(|| {
                    seen.push(*label);
                    seen.len() - 1
                })
            };
            labels.iter().map(number).map(|number| number as Label).collect()
        };
        Contract { lhs: renumber(lhs), rhs: renumber(rhs), out: renumber(out) }
    }

    /// A contraction as `einsum` writes it, such as `ij,jk->ik`.
    pub fn parse(equation: &str) -> Option<Contract> {
        let (operands, out) = equation.split_once("->")?;
        let (lhs, rhs) = operands.split_once(',')?;
        [lhs, rhs, out]
            .iter()
            .all(|labels| labels.bytes().all(|b| b.is_ascii_alphabetic()))
            .then(|| Contract::new(lhs.as_bytes(), rhs.as_bytes(), out.as_bytes()))
    }

    /// The contraction as `einsum` writes it.
    pub fn equation(&self) -> String {
        let letters = |labels: &[Label]| -> String { labels.iter().map(|&l| LETTERS[l as usize] as char).collect() };
        format!("{},{}->{}", letters(&self.lhs), letters(&self.rhs), letters(&self.out))
    }

    /// How many axes the labels name: one more than the greatest label.
    pub fn labels(&self) -> usize {
        self.lhs.iter().chain(&self.rhs).chain(&self.out).map(|&label| label as usize + 1).max().unwrap_or(0)
    }

    /// The size of each label's axis, from the shapes of the operands.
    pub fn sizes(&self, lhs: &Shape, rhs: &Shape) -> Vec<usize> {
        let mut sizes = vec![0; self.labels()];
        for (&label, &n) in self.lhs.iter().zip(lhs.iter()).chain(self.rhs.iter().zip(rhs.iter())) {
            sizes[label as usize] = n;
        }
        sizes
    }
}

/// Methods that build contractions.
impl<'g> Var<'g> {
    /// Σᵢ aᵢ bᵢ of two vectors of one length.
    #[track_caller]
    pub fn dot(self, other: Var<'g>) -> Var<'g> {
        self.product("dot", other, (1, 1), "i,i->")
    }

    /// The matrix `self` `[m, n]` times a vector `[n]`.
    #[track_caller]
    pub fn matvec(self, x: Var<'g>) -> Var<'g> {
        self.product("matvec", x, (2, 1), "ij,j->i")
    }

    /// a bᵀ of two vectors `[m]` and `[n]`, a matrix `[m, n]`.
    #[track_caller]
    pub fn outer(self, other: Var<'g>) -> Var<'g> {
        self.product("outer", other, (1, 1), "i,j->ij")
    }

    /// The product `@`: matrix-matrix, matrix-vector, vector-matrix or vector-vector.
    #[track_caller]
    pub fn matmul(self, other: Var<'g>) -> Var<'g> {
        let equation = match (self.rank(), other.rank()) {
            (2, 2) => "ij,jk->ik",
            (2, 1) => "ij,j->i",
            (1, 2) => "i,ij->j",
            (1, 1) => "i,i->",
            _ if self.failed() || other.failed() => return self.builder.poisoned(),
            _ => {
                return self.builder.fail(
                    format!("`@` multiplies matrices and vectors, not {} and {}", self.describe(), other.describe()),
                    Some("use `*` for an elementwise or scalar product".into()),
                );
            }
        };
        self.product("@", other, (self.rank(), other.rank()), equation)
    }

    /// The general contraction, as `einsum` writes it: `a.contract(b, "bij,bj->bi")`.
    #[track_caller]
    pub fn contract(self, other: Var<'g>, equation: &str) -> Var<'g> {
        match Contract::parse(equation) {
            Some(contract) => self.builder.push(contract, &[self.to_real(), other.to_real()]),
            None => self.builder.fail(
                format!("`{equation}` is no contraction"),
                Some("write it as in \"ij,jk->ik\": a letter for each axis of both operands and of the result".into()),
            ),
        }
    }

    #[track_caller]
    fn product(self, name: &str, other: Var<'g>, ranks: (usize, usize), equation: &str) -> Var<'g> {
        if self.failed() || other.failed() {
            return self.builder.poisoned();
        }
        if (self.rank(), other.rank()) != ranks {
            let what = |rank| if rank == 1 { "a vector" } else { "a matrix" };
            let found = format!("not {} and {}", self.describe(), other.describe());
            return self.builder.fail(
                format!("{name} takes {} and {}, {found}", what(ranks.0), what(ranks.1)),
                (name == "dot").then(|| "use sum(a * b) for other shapes".into()),
            );
        }
        let contract = Contract::parse(equation).expect("the equations above are well formed");
        let (a, b) = (self.shape(), other.shape());
        for (axis, label) in contract.lhs.iter().enumerate() {
            if let Some(beside) = contract.rhs.iter().position(|l| l == label)
                && a[axis] != b[beside]
            {
                return self.builder.fail(
                    format!(
                        "{name}: shapes {a} and {b} do not fit: axis {axis} of {} has {}, axis {beside} of {} has {}",
                        self.describe_name(),
                        a[axis],
                        other.describe_name(),
                        b[beside]
                    ),
                    Some("the two must be equal".into()),
                );
            }
        }
        self.builder.push(contract, &[self.to_real(), other.to_real()])
    }
}

impl Rules for Contract {
    fn name(&self) -> &str {
        "contract"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        let [lhs, rhs] = exactly(inputs)?;
        must_be_real(inputs)?;
        must(self.labels() <= LETTERS.len(), || format!("has more than {} axes", LETTERS.len()))?;
        let mut sizes = vec![None; self.labels()];
        for (labels, facts) in [(&self.lhs, lhs), (&self.rhs, rhs)] {
            must(labels.len() == facts.shape.rank(), || {
                format!("names {} axes of an operand of shape {}", labels.len(), facts.shape)
            })?;
            for (axis, (&label, &n)) in labels.iter().zip(facts.shape.iter()).enumerate() {
                must(!labels[..axis].contains(&label), || "names an axis of one operand twice".into())?;
                let size = sizes[label as usize].get_or_insert(n);
                must(*size == n, || {
                    format!(
                        "shapes {} and {} do not fit in `{}`: {} beside {n}",
                        lhs.shape,
                        rhs.shape,
                        self.equation(),
                        *size
                    )
                })?;
            }
        }
        for (axis, label) in self.out.iter().enumerate() {
            let known = self.lhs.contains(label) || self.rhs.contains(label);
            must(known && !self.out[..axis].contains(label), || {
                "names an axis of the result twice, or one that no operand has".into()
            })?;
        }
        for label in self.lhs.iter().chain(&self.rhs) {
            let count = [&self.lhs, &self.rhs, &self.out].iter().filter(|labels| labels.contains(label)).count();
            must(count >= 2, || "sums an axis that only one operand has; use sum(…) for that".into())?;
        }
        let sizes = self.sizes(&lhs.shape, &rhs.shape);
        Ok(vec![TensorType::real(self.out.iter().map(|&label| sizes[label as usize]).collect::<Shape>())])
    }

    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        node.each(|input, _, dy| {
            // y_out = Σ a_lhs b_rhs        ∂J/∂a_lhs = Σ ∂J/∂y_out b_rhs: the same labels, the other way round
            let contract = match input {
                0 => Contract::new(&self.out, &self.rhs, &self.lhs),
                _ => Contract::new(&self.out, &self.lhs, &self.rhs),
            };
            Some(dy.builder.push(contract, &[dy, node.x[1 - input]]))
        })
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], _size: usize) -> Vec<Batched<'g>> {
        batch_with(builder, inputs, self.clone(), || {
            // The batch axis is one more label, on the operands that have it and on the result.
            let axis = self.labels() as Label;
            let labels = |labels: &[Label], batched: bool| -> Vec<Label> {
                batched.then_some(axis).into_iter().chain(labels.iter().copied()).collect()
            };
            let (lhs, rhs) = (labels(&self.lhs, inputs[0].batched), labels(&self.rhs, inputs[1].batched));
            let contract = Contract::new(&lhs, &rhs, &labels(&self.out, true));
            vec![builder.push(contract, &[inputs[0].var, inputs[1].var])]
        })
    }
}

impl From<Contract> for Op {
    fn from(op: Contract) -> Op {
        Op::Contract(op)
    }
}
