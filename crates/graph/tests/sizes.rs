//! Shapes with more elements than can be counted, or held.

use chainrule_graph::{Builder, Shape};

#[test]
fn entries_beyond_what_can_be_counted_are_as_many_as_can() {
    assert_eq!(Shape::from([1 << 33, 1 << 33]).size(), usize::MAX);
    assert_eq!(Shape::from([1 << 33, 1 << 33, 0]).size(), 0);
    assert_eq!(Shape::from([1 << 20, 1 << 20]).size(), 1 << 40);
}

#[test]
fn values_of_such_a_shape_are_mistakes() {
    let builder = Builder::new();
    builder.input("x", [4]).reshape([1 << 33, 1 << 33]);
    let error = builder.finish().expect_err("4 elements are not so many");
    assert!(error.message.contains("[8589934592, 8589934592]"), "{error}");
    for shape in [Shape::from([1 << 33, 1 << 33]), [(1 << 40) + 1].into(), [1 << 33, 0, 1 << 33].into()] {
        let builder = Builder::new();
        builder.input("x", &shape);
        let error = builder.finish().expect_err("that is too large");
        assert!(error.message.contains("too large") && error.to_string().contains("1099511627776"), "{error}");
    }
}
