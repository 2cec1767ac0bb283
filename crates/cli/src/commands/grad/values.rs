//! Values as they are written on the command line: `x=2`, `W=[[1,2],[3,4]]`, `v=1,2,3`.

use chainrule::exec::InputType;
use chainrule::{Function, Shape, Tensor};
use serde_json::Value;

/// A name and its value. Errors name it, and say where an array is ragged or holds something else than finite numbers.
pub fn parse(argument: &str) -> Result<(String, Tensor), String> {
    let (name, value) = name_and_text(argument)?;
    tensor(value).map(|value| (name.to_string(), value)).map_err(|problem| format!("the value of `{name}`: {problem}"))
}

/// A name and what stands after its equals sign.
pub fn name_and_text(argument: &str) -> Result<(&str, &str), String> {
    let Some((name, value)) = argument.split_once('=') else {
        return Err(format!("`{argument}` gives no name a value; NAME=VALUE would be right, as in x=2"));
    };
    let (name, value) = (name.trim(), value.trim());
    // A name that is no identifier stands in backquotes, as in the expression.
    let name = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).unwrap_or(name);
    if name.is_empty() {
        return Err(format!("`{argument}` begins with no name; NAME=VALUE would be right, as in x=2"));
    }
    Ok((name, value))
}

fn tensor(value: &str) -> Result<Tensor, String> {
    if value.is_empty() {
        return Err("there is none; a number such as 2, or an array such as [1, 2], would be right".into());
    }
    if value.starts_with(['[', '{', '"']) {
        return nested(serde_json::from_str(value).map_err(no_json)?);
    }
    if value.contains(',') {
        return value.split(',').map(number).collect::<Result<Vec<f64>, String>>().map(Tensor::vector);
    }
    number(value).map(Tensor::scalar)
}

/// The reader of JSON goes this deep; its error for more says `recursion`, and no kind of its own.
const DEEPEST: usize = 127;

fn no_json(error: serde_json::Error) -> String {
    if error.to_string().starts_with("recursion limit") {
        return format!("its lists are nested deeper than {DEEPEST}; fewer axes would be right");
    }
    if error.is_eof() {
        return "it breaks off; each bracket needs its like".into();
    }
    if error.to_string().starts_with("number out of range") {
        return "it holds a number that is too large; the largest is about 1.8e308".into();
    }
    format!("an array such as [1, 2] goes wrong at its character {}", error.column())
}

fn number(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(format!("`{}` is not finite; a finite number would be right", text.trim())),
        Err(_) if text.trim().is_empty() => Err("a number is missing between commas".into()),
        Err(_) => Err(format!(
            "`{}` is no number; a number such as 2, or an array such as [1, 2], would be right",
            text.trim()
        )),
    }
}

/// The array that nested lists are. Axis by axis, every list must have as many elements as its neighbours.
fn nested(value: Value) -> Result<Tensor, String> {
    let mut shape: Vec<usize> = Vec::new();
    let mut level = vec![value];
    while let Some(Value::Array(first)) = level.first() {
        let size = first.len();
        let mut next = Vec::with_capacity(level.len() * size);
        for (index, item) in level.into_iter().enumerate() {
            match item {
                Value::Array(items) if items.len() == size => next.extend(items),
                Value::Array(items) => {
                    let (here, first) = (indices(index, &shape), indices(0, &shape));
                    let count = |n: usize| if n == 1 { "1 element".into() } else { format!("{n} elements") };
                    return Err(format!("it is ragged: {here} has {}, and {first} has {size}", count(items.len())));
                }
                other => {
                    let (here, first) = (indices(index, &shape), indices(0, &shape));
                    return Err(format!("it is ragged: at {here} stands {}, and at {first} a list", what(&other)));
                }
            }
        }
        shape.push(size);
        level = next;
    }
    let number = |(index, item): (usize, &Value)| match item.as_f64() {
        Some(number) if number.is_finite() => Ok(number),
        _ if shape.is_empty() => Err(format!("it is {}; a number would be right", what(item))),
        _ => Err(format!("at {} stands {}; a number would be right", indices(index, &shape), what(item))),
    };
    let data = level.iter().enumerate().map(number).collect::<Result<Vec<f64>, String>>()?;
    Tensor::new(Shape::from(&shape[..]), data).map_err(|_| "it is too large".into())
}

/// How a message calls the item at a flat index of an array of that shape: `[1][2]`.
fn indices(mut index: usize, shape: &[usize]) -> String {
    let mut indices: Vec<String> = Vec::new();
    for size in shape.iter().rev() {
        indices.push(format!("[{}]", index % size));
        index /= size;
    }
    indices.into_iter().rev().collect()
}

fn what(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => format!("{value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text \"{text}\""),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

/// An error unless the function takes the value of its input.
pub fn check(function: &Function, name: &str, value: &Tensor) -> Result<(), String> {
    let Some(input) = function.graph.find(name) else { return Ok(()) };
    let takes = InputType::within(function, input.node).map_err(|error| error.to_string())?;
    let range = takes.elements.range;
    let nothing = range.below.is_some_and(|below| below <= range.least.unwrap_or(0));
    takes.check(value).map_err(|problem| match nothing {
        true => format!("no value of `{name}` keeps every index that is computed from it on its axis"),
        false => format!("`{name}` {problem}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(argument: &str) -> (Vec<usize>, Vec<f64>) {
        let (_, value) = parse(argument).expect("it is well formed");
        (value.shape().to_vec(), value.into_data())
    }

    #[test]
    fn numbers_and_arrays() {
        assert_eq!(of("x=2"), (vec![], vec![2.0]));
        assert_eq!(of("x=-1e-3"), (vec![], vec![-0.001]));
        assert_eq!(of("v=1,2,-3"), (vec![3], vec![1.0, 2.0, -3.0]));
        assert_eq!(of("W=[[1, 2], [3, 4.5]]"), (vec![2, 2], vec![1.0, 2.0, 3.0, 4.5]));
        assert_eq!(of("v=[7]"), (vec![1], vec![7.0]));
        assert_eq!(of("v=[]"), (vec![0], vec![]));
        assert_eq!(of("v=[[],[]]"), (vec![2, 0], vec![]));
        assert_eq!(parse("`a b`=1").map(|(name, _)| name), Ok("a b".into()));
    }

    #[test]
    fn errors_say_where() {
        let cases = [
            ("x", "NAME=VALUE"),
            ("=2", "no name"),
            ("x=", "`x`: there is none"),
            ("x=two", "`two` is no number"),
            ("x=inf", "not finite"),
            ("x=1e999", "not finite"),
            ("v=1,,2", "missing between commas"),
            ("v=1,nan", "`nan` is not finite"),
            ("W=[[1,2],[3]]", "[1] has 1 element, and [0] has 2"),
            ("W=[[[1],[2]],[[3],[4,5]]]", "[1][1] has 2 elements, and [0][0] has 1"),
            ("W=[[1,2],3]", "at [1] stands the number 3, and at [0] a list"),
            ("W=[1,[2]]", "at [1] stands a list; a number"),
            ("W=[1,\"a\"]", "at [1] stands the text \"a\""),
            ("W=[1,null]", "at [1] stands null"),
            ("W=[true]", "at [0] stands true"),
            ("W={\"a\":1}", "it is an object"),
            ("W=[1,2", "needs its like"),
            ("W=[1e999]", "too large"),
            ("W=[1;2]", "goes wrong at its character 3"),
        ];
        for (argument, words) in cases {
            let error = parse(argument).expect_err(argument);
            assert!(error.contains(words), "{argument}: {error}");
        }
        let deep = |depth: usize| parse(&format!("x={}1{}", "[".repeat(depth), "]".repeat(depth)));
        assert!(deep(DEEPEST).is_ok());
        for depth in [DEEPEST + 1, 100_000] {
            let error = deep(depth).expect_err("it is too deep");
            assert!(error.contains("nested deeper than 127") && !error.contains("JSON"), "{error}");
        }
    }
}
