//! The values of a function's parameters, by name.

use chainrule_graph::{Function, Tensor};

use crate::admission::{self, reals};
use crate::error::{LearnError, find};

pub(crate) const WHAT: &str = "parameter";

/// A value for each parameter of a function, and for each state, in the function's order. All are finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters(pub(crate) Vec<(String, Tensor)>);

impl Parameters {
    /// These values, which must be just those that the function has.
    ///
    /// # Errors
    /// One that the function does not have, one that is missing or there twice, of another shape, or not finite.
    pub fn from_values(
        function: &Function,
        values: impl IntoIterator<Item = (String, Tensor)>,
    ) -> Result<Parameters, LearnError> {
        let all = || function.parameters.iter().chain(&function.state);
        let mut found: Vec<Option<Tensor>> = vec![None; all().count()];
        for (name, value) in values {
            let index = find(WHAT, &name, all().map(|parameter| function.name(parameter.node)))?;
            if found[index].replace(value).is_some() {
                return Err(LearnError::Repeated { what: WHAT, name });
            }
        }
        let fitted = all().zip(found).map(|(parameter, value)| {
            let (name, shape) = (function.name(parameter.node), function.graph.shape(parameter.node));
            let value = value.ok_or_else(|| LearnError::missing(WHAT, name, shape))?;
            admission::check(WHAT, name, &value, &reals(shape))?;
            Ok((name.to_string(), value))
        });
        fitted.collect::<Result<_, LearnError>>().map(Parameters)
    }

    /// Names and values, in the function's order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The value of a parameter or a state.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn get(&self, name: &str) -> Result<&Tensor, LearnError> {
        Ok(&self.0[self.find(name)?].1)
    }

    /// Gives a parameter another value, of its shape and finite.
    ///
    /// # Errors
    /// There is none of that name, or the value is of another shape or not finite; the parameter then keeps the value
    /// it has.
    pub fn set(&mut self, name: &str, value: Tensor) -> Result<(), LearnError> {
        let index = self.find(name)?;
        admission::check(WHAT, name, &value, &reals(self.0[index].1.shape()))?;
        self.0[index].1 = value;
        Ok(())
    }

    /// Gives each parameter and state the value that another function's has under the same name and shape; returns the names
    /// of those.
    ///
    /// # Errors
    /// One of these values is not finite; all parameters then keep what they have.
    pub fn take<'a>(
        &mut self,
        values: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
    ) -> Result<Vec<String>, LearnError> {
        let mut taken = self.clone();
        let mut names = Vec::new();
        for (name, value) in values {
            if taken.get(name).is_ok_and(|own| own.shape() == value.shape()) {
                taken.set(name, value.clone())?;
                names.push(name.to_string());
            }
        }
        *self = taken;
        Ok(names)
    }

    /// Adds to a parameter, element by element.
    ///
    /// # Errors
    /// There is none of that name, or what is added or the sum is of another shape or not finite; the parameter then
    /// keeps the value it has.
    pub fn increment(&mut self, name: &str, by: &Tensor) -> Result<(), LearnError> {
        let mut value = self.get(name)?.clone();
        admission::check(WHAT, name, by, &reals(value.shape()))?;
        for (element, by) in value.data_mut().iter_mut().zip(by.data()) {
            *element += by;
        }
        self.set(name, value)
    }

    fn find(&self, name: &str) -> Result<usize, LearnError> {
        find(WHAT, name, self.0.iter().map(|(name, _)| name.as_str()))
    }
}
