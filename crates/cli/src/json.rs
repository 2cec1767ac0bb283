//! JSON for the lines of standard output. Numbers that are not finite become null.
//!
//! Arrays are written from flat data, so that the number of axes is no matter.

use std::fmt::{self, Display, Write};

use chainrule::Tensor;
use serde_json::{Number, Value};

/// An object, written as it grows.
#[derive(Default)]
pub struct Object(String);

impl Object {
    /// The same with one more member, whose value is JSON already.
    pub fn with(mut self, key: &str, json: impl Display) -> Object {
        let separator = if self.0.is_empty() { "" } else { "," };
        write!(self.0, "{separator}{}:{json}", text(key)).expect("a String takes every text");
        self
    }

    /// The same with one more member, if it has a value.
    pub fn with_some(self, key: &str, json: Option<impl Display>) -> Object {
        match json {
            Some(json) => self.with(key, json),
            None => self,
        }
    }
}

impl Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.0)
    }
}

/// A text in quotes.
pub fn text(text: &str) -> String {
    Value::from(text).to_string()
}

/// A number, which reads back to the same bits, or null.
pub fn number(number: f64) -> String {
    Number::from_f64(number).map_or_else(|| "null".into(), |number| number.to_string())
}

/// A list of what is JSON already.
pub fn array(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(","))
}

/// An array nested as its shape says; a scalar is a number.
pub fn tensor(tensor: &Tensor) -> String {
    nested(tensor, ",", number)
}

/// The elements in brackets, nested as the shape says.
pub fn nested(tensor: &Tensor, separator: &str, element: impl Fn(f64) -> String) -> String {
    let mut text = String::new();
    let shape = tensor.shape();
    // The number of elements in a block of each axis: brackets open and close at its multiples.
    let blocks: Vec<usize> = (0..shape.rank()).map(|axis| shape[axis..].iter().product()).collect();
    if tensor.data().is_empty() {
        return empty(shape);
    }
    for (index, &value) in tensor.data().iter().enumerate() {
        let opened = blocks.iter().filter(|&&block| index % block == 0).count();
        if index > 0 {
            text.push_str(separator);
        }
        text.extend(std::iter::repeat_n('[', opened));
        text.push_str(&element(value));
        let closed = blocks.iter().filter(|&&block| (index + 1) % block == 0).count();
        text.extend(std::iter::repeat_n(']', closed));
    }
    text
}

/// Brackets without elements, down to the first empty axis.
fn empty(shape: &[usize]) -> String {
    let mut text = "[]".to_string();
    let filled = shape.iter().take_while(|&&size| size > 0);
    for &size in filled.collect::<Vec<_>>().into_iter().rev() {
        text = format!("[{}]", vec![text; size].join(","));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shape: &[usize], data: &[f64]) -> String {
        tensor(&Tensor::new(shape, data.to_vec()).expect("the right number of elements"))
    }

    #[test]
    fn arrays_nest_as_the_shape_says() {
        assert_eq!(of(&[], &[2.0]), "2.0");
        assert_eq!(of(&[3], &[1.0, f64::NAN, -0.5]), "[1.0,null,-0.5]");
        assert_eq!(of(&[2, 2], &[1.0, 2.0, 3.0, f64::INFINITY]), "[[1.0,2.0],[3.0,null]]");
        assert_eq!(of(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0]), "[[[1.0,2.0]],[[3.0,4.0]]]");
        assert_eq!(of(&[1, 1], &[7.0]), "[[7.0]]");
    }

    #[test]
    fn an_empty_array_keeps_the_axes_before_the_empty_one() {
        assert_eq!(of(&[0], &[]), "[]");
        assert_eq!(of(&[2, 0], &[]), "[[],[]]");
        assert_eq!(of(&[2, 0, 3], &[]), "[[],[]]");
    }

    #[test]
    fn objects_quote_their_keys() {
        let object = Object::default().with("a\"b", number(1.0)).with_some("c", None::<String>).with("d", text("é\n"));
        assert_eq!(object.to_string(), "{\"a\\\"b\":1.0,\"d\":\"é\\n\"}");
        assert_eq!(Object::default().to_string(), "{}");
    }
}
