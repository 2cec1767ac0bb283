//! Write the function for **one example** as a graph of named nodes. Get its value, its exact and checked gradients, a
//! trained model, and a look inside every node.
//!
//! A [`Builder`] makes a [`Function`] from plain expressions; [`grad`](fn@grad) appends its derivatives to the graph and
//! [`batch`](fn@batch) turns it into the function of a batch. All of these are graphs that can be printed, checked and run:
//! [`text`] reads and writes them, [`check`] compares derivatives with differences, [`exec`] runs them, and [`learn`] trains.
//!
//! ```
//! use chainrule::check::{CheckOptions, check_function};
//! use chainrule::exec::{Bindings, reference};
//! use chainrule::{Builder, Initializer, Tensor, differentiate};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // (w·x + b − y)² for one example
//! let builder = Builder::new();
//! let (x, y) = (builder.input("x", [2]), builder.outcome("y", []));
//! let w = builder.parameter("w", [2], Initializer::Constant(0.0));
//! let b = builder.parameter("b", [], Initializer::Constant(0.0));
//! let prediction = (w.dot(x) + b).named("prediction");
//! let objective = (prediction - y).power(2.0).named("objective");
//! builder.prediction(prediction);
//! builder.objective(objective);
//! let function = builder.finish()?;
//!
//! // its gradient is a graph, too
//! let graph = &function.graph;
//! let [w, b] = ["w", "b"].map(|name| graph.find(name).expect("it was built under that name"));
//! let objective = graph.find("objective").expect("it was named");
//! let derivatives = differentiate(graph, objective, &[w, b])?;
//! let bindings: Bindings = [("x", Tensor::vector([1.0, 2.0])), ("y", Tensor::scalar(3.0)), ("w", Tensor::vector([0.5, 0.5]))]
//!     .into_iter()
//!     .filter_map(|(name, value)| Some((graph.find(name)?, value)))
//!     .chain([(b, Tensor::scalar(0.0))])
//!     .collect();
//! let gradient = derivatives.cotangent(w).expect("it was asked for");
//! let values = reference::evaluate(&derivatives.graph, &bindings, &[objective, gradient])?;
//! assert_eq!(values[objective].item(), 2.25); // (1.5 − 3)²
//! assert_eq!(values[gradient].data(), [-3.0, -6.0]); // 2 · (1.5 − 3) · x
//!
//! // and it is right: every rule on the way agrees with differences
//! assert!(check_function(&function, &CheckOptions::default())?.passed());
//! # Ok(())
//! # }
//! ```
//!
//! A trained model is used by a [`Predictor`](learn::Predictor), which compiles once and predicts in microseconds; see there. Without
//! the default features the crate has what that needs, and is built from a third of the packages: `training` adds tables and
//! training, `check` the gradient checker, `doctor` why a model does not learn, `draw` the drawings.
//!
//! The same function in the text form, trained:
//!
//! ```
//! use std::collections::BTreeMap;
//! use chainrule::learn::{FieldDeclaration, Parameters, Selection, Table, Training, Unobserved, assign, train};
//! use chainrule::text;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = text::parse(
//!     "input   x [d]
//!      outcome y []
//!      param   w [d] = 0
//!      param   b []  = 0
//!      prediction = dot(w, x) + b
//!      objective  = (prediction - y)^2",
//! )?;
//! let table = Table::from_bytes("plane.csv", b"x0,x1,y\n0,0,1\n1,0,3\n0,1,0\n1,1,2\n".to_vec())?;
//! let columns = assign(&FieldDeclaration::all_of(&model), &table, &Selection::default(), &[])?;
//! let sizes: BTreeMap<String, f64> = columns.sizes.iter().map(|(name, size)| (name.clone(), *size as f64)).collect();
//! let function = model.build(&sizes)?;
//! let data = columns.dataset(&function)?;
//!
//! let mut parameters = Parameters::initialize(&function, 0)?;
//! let settings = Training { epochs: 500, rate: 0.1, ..Training::default() };
//! train(&function, &mut parameters, &data, None, &settings, &mut Unobserved)?;
//! let w = parameters.get("w")?.data(); // the data lie on y = 1 + 2 x₀ − x₁
//! assert!((w[0] - 2.0).abs() < 1e-6 && (w[1] + 1.0).abs() < 1e-6);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

#[cfg(doctest)]
mod pages;

#[cfg(feature = "check")]
pub use chainrule_check as check;
#[cfg(feature = "doctor")]
pub use chainrule_doctor as doctor;
#[cfg(feature = "draw")]
pub use chainrule_draw as draw;
pub use chainrule_exec as exec;
pub use chainrule_graph::*;
pub use chainrule_learn as learn;
