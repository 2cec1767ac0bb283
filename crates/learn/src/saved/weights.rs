//! Values that another program has learned: tensors by name, from a safetensors file or an `.npz`, and which parameter takes
//! which of them.

use std::path::Path;

use chainrule_exec::run::SharedRows;
use chainrule_graph::{Shape, Tensor};
use safetensors::tensor::{SafeTensorError, SafeTensors};

use crate::data::arrays::Arrays;
use crate::data::arrays::npy::Elements;
use crate::error::{LearnError, suggest};
use crate::parameters::Parameters;
use crate::saved::model::FORMAT;
use crate::saved::rename::{Rename, Target};
use crate::saved::tensor_file::tensors;

/// Named tensors of a file.
#[derive(Clone, Debug)]
pub struct Weights {
    file: String,
    is_model: bool,
    tensors: Vec<(String, Tensor)>,
}

impl Weights {
    /// Reads a safetensors file, of numbers of any type, or an `.npz`.
    ///
    /// # Errors
    /// They name the file: it cannot be read, is neither, is a model of a newer chainrule, or holds something else than numbers.
    pub fn read(path: &Path) -> Result<Weights, LearnError> {
        let file = path.display().to_string();
        let bytes = FORMAT.bytes(path)?;
        if Arrays::are_in(&bytes) {
            return Weights::of_arrays(&Arrays::from_bytes(&file, bytes)?);
        }
        let read = || -> Result<(bool, Vec<(String, Tensor)>), String> {
            let unreadable = |error: SafeTensorError| match bytes.get(8) {
                // A length, and then no object
                Some(first) if *first != b'{' => format!("is neither a safetensors file nor an .npz: {error}"),
                _ => FORMAT.why_unreadable(&bytes, &error),
            };
            let views = SafeTensors::deserialize(&bytes).map_err(unreadable)?;
            let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(unreadable)?;
            Ok((FORMAT.object(&metadata)?.is_some(), tensors(&views)?))
        };
        let (is_model, tensors) = read().map_err(|problem| LearnError::file(&file, problem))?;
        Ok(Weights { file, is_model, tensors })
    }

    fn of_arrays(arrays: &Arrays) -> Result<Weights, LearnError> {
        let file = arrays.file().to_string();
        let read = |name: &String| {
            let array = arrays.get(name, "the file")?;
            let problem = |problem: &str| LearnError::file(&file, format!("the array `{name}` {problem}"));
            let elements = match array.elements {
                Elements::Numbers(SharedRows::F32(numbers)) => numbers.iter().map(|&x| f64::from(x)).collect(),
                Elements::Numbers(SharedRows::F64(numbers)) => numbers.to_vec(),
                Elements::Words(_) => return Err(problem("holds words; numbers would be right")),
            };
            let tensor =
                Tensor::new(array.shape, elements).map_err(|_| problem("has not the elements of its shape"))?;
            Ok((name.clone(), tensor))
        };
        let tensors = arrays.names().iter().map(read).collect::<Result<_, LearnError>>()?;
        Ok(Weights { file, is_model: false, tensors })
    }

    /// What messages call the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether chainrule wrote the file: it holds a whole model.
    pub fn is_model(&self) -> bool {
        self.is_model
    }

    /// The tensors, in the order of their names, or of the archive.
    pub fn tensors(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// Which parameters take which values: first as the renames say, then those of the same name and shape. What several
    /// tensors are renamed to is their sum, as of the two biases that some programs give a recurrent layer.
    ///
    /// # Errors
    /// A rename that no tensor bears, or to a parameter that is not there; shapes that do not fit.
    pub fn given(&self, renames: &[Rename], parameters: &Parameters) -> Result<Vec<(String, Tensor)>, LearnError> {
        let mut given: Vec<(String, Tensor)> = Vec::new();
        let mut used = vec![false; self.tensors.len()];
        for rename in renames {
            let mut borne = false;
            for ((name, tensor), used) in self.tensors.iter().zip(&mut used) {
                let Some(targets) = rename.targets(name) else { continue };
                (borne, *used) = (true, true);
                for (target, part) in self.parts(name, tensor, &targets, parameters)? {
                    match given.iter_mut().find(|(other, _)| *other == target) {
                        Some((_, sum)) => sum.data_mut().iter_mut().zip(part.data()).for_each(|(sum, x)| *sum += x),
                        None => given.push((target, part)),
                    }
                }
            }
            if !borne {
                let from = rename.from();
                let names = suggest(from, self.tensors.iter().map(|(name, _)| name.as_str()));
                return Err(LearnError::file(&self.file, format!("holds no `{from}`; {names}")));
            }
        }
        for ((name, tensor), _) in self.tensors.iter().zip(used).filter(|(_, used)| !used) {
            let fits = parameters.get(name).is_ok_and(|own| own.shape() == tensor.shape());
            if fits && !given.iter().any(|(other, _)| other == name) {
                given.push((name.clone(), tensor.clone()));
            }
        }
        Ok(given)
    }

    /// The parts of a tensor that the targets take: of one all of it, of several neighbouring parts along the first axis.
    fn parts(
        &self,
        name: &str,
        tensor: &Tensor,
        targets: &[Target],
        parameters: &Parameters,
    ) -> Result<Vec<(String, Tensor)>, LearnError> {
        let shape = |target: &Target| Ok::<Shape, LearnError>(parameters.get(&target.name)?.shape().clone());
        let shapes = targets.iter().map(shape).collect::<Result<Vec<Shape>, _>>()?;
        let wrong = |problem: String| LearnError::file(&self.file, problem);
        let misfit = || {
            let wanted = targets.iter().zip(&shapes).map(|(target, shape)| format!("`{}` {shape}", target.name));
            let wanted: Vec<String> = wanted.collect();
            format!("`{name}` {} does not fit {}", tensor.shape(), wanted.join(" and "))
        };
        if let ([target], [shape]) = (targets, &shapes[..]) {
            let turned = if target.is_transposed { transposed(tensor) } else { tensor.clone() };
            let fitted = reshaped(&turned, shape).ok_or_else(|| {
                let other = if target.is_transposed { tensor.clone() } else { transposed(tensor) };
                let way =
                    if target.is_transposed { target.name.clone() } else { format!("transpose({})", target.name) };
                let hint = if reshaped(&other, shape).is_some() {
                    format!("; `{name}={way}` would fit")
                } else {
                    String::new()
                };
                wrong(misfit() + &hint)
            })?;
            return Ok(vec![(target.name.clone(), fitted)]);
        }
        let rest = tensor.shape().get(1..).unwrap_or_default();
        let fits = shapes.iter().all(|shape| shape.get(1..) == Some(rest));
        let rows: usize = shapes.iter().filter_map(|shape| shape.first()).sum();
        if !fits || tensor.shape().first() != Some(&rows) || targets.iter().any(|target| target.is_transposed) {
            return Err(wrong(format!("{}: their rows would together be its rows", misfit())));
        }
        let mut elements = tensor.data().iter().copied();
        let part = |(target, shape): (&Target, &Shape)| {
            let data: Vec<f64> = elements.by_ref().take(shape.size()).collect();
            Some((target.name.clone(), Tensor::new(shape, data).ok()?))
        };
        targets.iter().zip(&shapes).map(part).collect::<Option<_>>().ok_or_else(|| wrong(misfit()))
    }
}

/// With the last two axes exchanged; of one axis as it is.
fn transposed(tensor: &Tensor) -> Tensor {
    let shape = tensor.shape();
    let &[.., rows, columns] = &shape[..] else { return tensor.clone() };
    let mut turned = shape.to_vec();
    let rank = turned.len();
    turned.swap(rank - 2, rank - 1);
    Tensor::from_fn(turned, |index| {
        let (matrix, within) = (index / (rows * columns), index % (rows * columns));
        tensor.data()[matrix * rows * columns + within % rows * columns + within / rows]
    })
}

/// The same elements in another shape, if both have the same axes apart from those of one element.
fn reshaped(tensor: &Tensor, shape: &Shape) -> Option<Tensor> {
    let axes = |shape: &Shape| shape.iter().copied().filter(|&size| size != 1).collect::<Vec<usize>>();
    if axes(tensor.shape()) != axes(shape) {
        return None;
    }
    tensor.clone().reshaped(shape.clone()).ok()
}
