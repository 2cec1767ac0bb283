//! The shapes that the nodes take and give; the exercises are about values and derivatives.

use chainrule::Shape;

/// Two values of one shape give that shape.
pub fn sum(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [a, b] if a == b => Ok(a.clone()),
        _ => Err(format!("takes two values of one shape, not {}", listed(inputs))),
    }
}

/// One value of any shape gives a number.
pub fn penalty(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [_] => Ok(Shape::scalar()),
        _ => Err(format!("takes one value, not {}", listed(inputs))),
    }
}

/// A matrix [m, d] and vectors [d] and [m] give [m].
pub fn affine(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [w, x, b] if w.rank() == 2 && x[..] == w[1..] && b[..] == w[..1] => Ok(b.clone()),
        _ => Err(format!("takes W [m, d], x [d] and b [m], not {}", listed(inputs))),
    }
}

/// Vectors w and x of one length and a number b give a number.
pub fn vector_scalar_affine(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [w, x, b] if w.rank() == 1 && w == x && b.rank() == 0 => Ok(Shape::scalar()),
        _ => Err(format!("takes w [d], x [d] and b [], not {}", listed(inputs))),
    }
}

/// Two values of one shape give a number.
pub fn distance(inputs: &[Shape]) -> Result<Shape, String> {
    sum(inputs).map(|_| Shape::scalar())
}

/// One value gives one of its shape.
pub fn elementwise(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [a] => Ok(a.clone()),
        _ => Err(format!("takes one value, not {}", listed(inputs))),
    }
}

/// A vector gives a vector.
pub fn softmax(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [z] if z.rank() == 1 => Ok(z.clone()),
        _ => Err(format!("takes a vector of logits, not {}", listed(inputs))),
    }
}

/// Probabilities and a class give a number.
pub fn nll(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [s, y] if s.rank() == 1 && y.rank() == 0 => Ok(Shape::scalar()),
        _ => Err(format!("takes probabilities [k] and a class [], not {}", listed(inputs))),
    }
}

fn listed(inputs: &[Shape]) -> String {
    inputs.iter().map(Shape::to_string).collect::<Vec<_>>().join(" and ")
}
