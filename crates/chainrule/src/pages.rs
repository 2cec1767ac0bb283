//! The pages of the repository: their Rust examples are run with those of the documentation.

macro_rules! pages {
    ($($name:ident $path:literal)+) => {
        $(#[doc = include_str!(concat!("../../../", $path))] mod $name {})+
    };
}

pages! {
    readme "README.md"
    code "book/src/code.md"
    ridge "book/src/ridge.md"
    layers "book/src/layers.md"
    softmax "book/src/softmax.md"
    convolution "book/src/convolution.md"
    batch_norm "book/src/batch_norm.md"
    recurrence "book/src/recurrence.md"
    attention "book/src/attention.md"
    own_blocks "book/src/own_blocks.md"
    checking "book/src/checking.md"
    own_node "book/src/own_node.md"
    batch "book/src/batch.md"
    not_learning "book/src/not_learning.md"
    text_form "book/src/text_form.md"
    training "book/src/training.md"
    engine "book/src/engine.md"
    embedding "book/src/embedding.md"
}
