//! A circle among the files of a crate is found by whatever path it is written, and what is none is let be.

use xtask::tidy::File;
use xtask::tidy::circles::{Decided, problems};

/// Files of a made-up crate, each with its source.
fn files(sources: &[(&str, &str)]) -> Vec<File> {
    let file = |(path, text): &(&str, &str)| File { path: format!("crates/x/src/{path}"), text: text.to_string() };
    sources.iter().map(file).collect()
}

fn circles(sources: &[(&str, &str)]) -> Vec<String> {
    problems(&files(sources), &[])
}

/// That b.rs, which uses a.rs, is found to be on a circle with it, if a.rs is this.
fn assert_circle(a: &str) {
    let lib = "mod a;\nmod b;\npub use b::{Thing, deep::Deep as Renamed};\npub fn of_lib() {}\n";
    let b = "use crate::a::A;\npub struct Thing;\npub fn thing() {}\n";
    let found = circles(&[("lib.rs", lib), ("a.rs", a), ("b.rs", b), ("b/deep.rs", "pub struct Deep;\n")]);
    assert_eq!(found.len(), 1, "{a}: {found:?}");
    let beginning = "crates/x: modules use each other in a circle: a.rs -> b.rs (";
    assert!(found[0].starts_with(beginning) && found[0].ends_with(") -> a.rs (A)"), "{a}: {found:?}");
}

#[test]
fn a_circle_is_found_by_every_path() {
    for a in [
        "pub struct A;\nuse crate::b::Thing;",
        "pub struct A;\nuse super::b::Thing;",
        "pub struct A;\nfn f() { crate::b::thing() }",
        "pub struct A;\nfn f() { super::b::thing() }",
        "pub struct A;\nfn f(x: &super::b::Thing) {}",
        "pub struct A;\nuse std::{fmt, collections::{HashMap, HashSet}};\nuse crate::{b::{self, Thing}, of_lib};",
        "pub struct A;\nuse crate::{of_lib, b::{Thing as Other}};",
        "pub struct A;\nuse crate::b;\nfn f() { b::thing() }",
        "pub struct A;\nuse crate::b::{self};\nfn f() { b::thing() }",
        "pub struct A;\nfn f() -> impl Sized + use<'_> { crate::b::thing() }",
        "pub struct A;\nuse crate::b as other;\nfn f() { other::thing() }",
        "pub struct A;\nfn f() { use crate::b::thing; thing() }",
        "pub struct A;\nuse crate::b::*;",
        "pub struct A;\npub(crate) use crate::b::Thing;",
        "pub struct A;\nmacro_rules! m { () => { $crate::b::thing() } }",
    ] {
        assert_circle(a);
    }
}

#[test]
fn a_re_export_is_followed_to_the_file_that_defines() {
    assert_circle("pub struct A;\nuse crate::Thing;");
    let through_two = [
        ("lib.rs", "mod a;\nmod c;\npub use c::*;"),
        ("a.rs", "pub struct A;\nfn f() { crate::Deep::new() }"),
        ("c/mod.rs", "mod deep;\npub use deep::Inner as Deep;"),
        ("c/deep.rs", "use crate::a::A;\npub struct Inner;"),
    ];
    let found = circles(&through_two);
    assert_eq!(found, ["crates/x: modules use each other in a circle: a.rs -> c/deep.rs (Inner) -> a.rs (A)"]);
    let exported_macro = [
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "pub struct A;\nfn f() { crate::shout!() }"),
        ("b.rs", "use crate::a::A;\n#[macro_export]\nmacro_rules! shout { () => {} }"),
    ];
    assert_eq!(circles(&exported_macro).len(), 1);
    let same_names = [
        ("lib.rs", "mod a;\nmod b;\nmod c;\npub use c::b;"),
        ("a.rs", "pub struct A;\nfn f() { crate::b::thing() }"),
        ("b.rs", "use crate::a::A;\npub fn thing() {}"),
        ("c.rs", "pub fn b() {}"),
    ];
    let found = circles(&same_names);
    assert_eq!(found, ["crates/x: modules use each other in a circle: a.rs -> b.rs (thing) -> a.rs (A)"]);
    let an_inner_name = [
        ("lib.rs", "mod a;\nmod b;\npub use b::D;\nfn f() { struct D; }"),
        ("a.rs", "pub struct A;\nfn f() { crate::D::new() }"),
        ("b.rs", "use crate::a::A;\npub struct D;"),
    ];
    assert_eq!(circles(&an_inner_name).len(), 1);
    // Two that export from each other lead nowhere, and end.
    assert!(circles(&[("a.rs", "pub use crate::b::X;"), ("b.rs", "pub use crate::a::X;"), ("lib.rs", "")]).is_empty());
}

#[test]
fn the_shortest_circle_is_shown() {
    let found = circles(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("d.rs", "use crate::a::one;\npub struct D;"),
        ("a.rs", "use crate::b::B;\npub fn one() {}"),
        ("b.rs", "use crate::c::C;\npub struct B;"),
        ("c.rs", "use crate::d::D;\nuse crate::a::one;\npub struct C;"),
    ]);
    assert_eq!(found, ["crates/x: modules use each other in a circle: a.rs -> b.rs (B) -> c.rs (C) -> a.rs (one)"]);
}

#[test]
fn what_is_no_circle_is_let_be() {
    for a in [
        "pub struct A;\n// use crate::b::Thing;",
        "pub struct A;\n/// [`Thing`](crate::b::Thing)\nconst T: &str = \"crate::b::Thing\";",
        "pub struct A;\n#[cfg(test)]\nmod tests {\n    use crate::b::Thing;\n}",
        "pub struct A;\n#[cfg(test)]\nuse crate::b::Thing;",
        // Naming the module is no use of what is in it.
        "pub struct A;\nuse crate::b;\npub(in crate::b) struct B;",
        // Another crate's b, and an inner function of that name.
        "pub struct A;\nuse other::b::Thing;\nfn f() { x.b::<Thing>() }",
        "pub struct A;\nfn g() { std::thing() }",
    ] {
        let sources = [("lib.rs", "mod a;\nmod b;"), ("a.rs", a), ("b.rs", "use crate::a::A;\npub struct Thing;")];
        assert!(circles(&sources).is_empty(), "{a}: {:?}", circles(&sources));
    }
    // What a crate of the same shape beside it defines is another thing.
    let mut apart = files(&[("lib.rs", "mod a;"), ("a.rs", "use crate::b::B;\npub struct A;")]);
    apart.push(File { path: "crates/y/src/b.rs".into(), text: "use crate::a::A;\npub struct B;".into() });
    assert!(problems(&apart, &[]).is_empty());
}

#[test]
fn a_modules_file_and_its_children_may_refer_to_each_other() {
    let family = |b: &'static str| {
        let parent = "mod a;\nmod b;\nuse a::f;\npub struct P;";
        vec![
            ("q.rs", ""),
            ("lib.rs", "mod p;\nmod q;"),
            ("p/mod.rs", parent),
            ("p/a.rs", "use super::{P, b::g};\npub fn f() {}"),
            ("p/b.rs", b),
        ]
    };
    assert!(circles(&family("use super::P;\npub fn g() {}")).is_empty());
    // Two children may not, even where they find each other through their parent.
    let found = circles(&family("use super::{P, f};\npub fn g() {}"));
    assert_eq!(found, ["crates/x: modules use each other in a circle: p/a.rs -> p/b.rs (g) -> p/a.rs (f)"]);
    // Nor may a module outside the family and one in it.
    let mut wider = family("use crate::o::O;\npub fn g() {}");
    wider.push(("o.rs", "use crate::p::P;\npub struct O;"));
    wider[1].1 = "mod p;\nmod o;";
    let found = circles(&wider);
    assert_eq!(found, ["crates/x: modules use each other in a circle: p/b.rs -> o.rs (O) -> p/mod.rs (P)"]);
}

#[test]
fn two_modules_are_on_a_circle_even_where_no_file_is() {
    let sources = [
        ("lib.rs", "mod float;\nmod math;"),
        ("float.rs", "use crate::math::Coefficients;\npub trait Float: Coefficients {}"),
        ("math/mod.rs", "mod coefficients;\nmod sine;\npub use coefficients::Coefficients;\npub use sine::sin;"),
        ("math/coefficients.rs", "pub trait Coefficients {}"),
        ("math/sine.rs", "use crate::float::Float;\npub fn sin() {}"),
    ];
    let circle = "float.rs -> math/coefficients.rs (Coefficients), math/sine.rs -> float.rs (Float)";
    assert_eq!(circles(&sources), [format!("crates/x: modules use each other in a circle: {circle}")]);
}

#[test]
fn a_decided_circle_is_let_be_and_no_more_than_that() {
    let core = |files| [Decided { folder: "crates/x", files }];
    let mut sources = vec![
        ("lib.rs", "mod a; mod ops; mod c;"),
        ("a.rs", "use crate::ops::one::One;\npub struct A;"),
        ("ops/mod.rs", "mod one;"),
        ("ops/one.rs", "use crate::a::A;\npub struct One;"),
        ("c.rs", "use crate::a::A;\npub struct C;"),
    ];
    assert_eq!(problems(&files(&sources), &[]).len(), 1);
    assert!(problems(&files(&sources), &core(&["a.rs", "ops/"])).is_empty());
    // One that is on no circle does not belong to it, nor does one that is not there.
    let found = problems(&files(&sources), &core(&["a.rs", "ops/", "c.rs", "gone.rs"]));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("c.rs is on no circle") && found[1].contains("gone.rs is on no circle"), "{found:?}");
    // A file outside is on none with them, even where all its circle but itself is decided.
    sources[3].1 = "use crate::{a::A, c::C};\npub struct One;";
    let found = problems(&files(&sources), &core(&["a.rs", "ops/"]));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("c.rs"), "{found:?}");
}
