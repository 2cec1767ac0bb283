//! Inputs and outcomes take the columns that the rules say, and bind the free sizes by their number.

use chainrule_graph::Kind;
use chainrule_graph::text::Dim;
use chainrule_learn::{
    Assignment, FieldDeclaration, LearnError, Mapping, Remedy, Role, Selection, Table, assign, check_counts,
};

fn declaration(role: Role, name: &str, dims: &str) -> FieldDeclaration {
    let dim = |text: &str| text.parse().map_or_else(|_| Dim::Size(text.into()), Dim::Number);
    let dims = dims.split_whitespace().map(dim).collect();
    FieldDeclaration { name: name.into(), role, kind: Kind::Real, dims }
}

fn input(name: &str, dims: &str) -> FieldDeclaration {
    declaration(Role::Input, name, dims)
}

fn outcome(name: &str, dims: &str) -> FieldDeclaration {
    declaration(Role::Outcome, name, dims)
}

fn table(header: &str) -> Table {
    let row = vec!["1"; header.split(',').count()].join(",");
    Table::from_bytes("t.csv", format!("{header}\n{row}\n").into_bytes()).unwrap()
}

/// From `x=a,b`.
fn all_mapped(mappings: &[&str]) -> Vec<Mapping> {
    let mapped = |text: &&str| {
        let (name, columns) = text.split_once('=').unwrap();
        let columns = columns.split(',').filter(|column| !column.is_empty()).map(String::from).collect();
        Mapping { name: name.into(), columns }
    };
    mappings.iter().map(mapped).collect()
}

fn taken(declarations: &[FieldDeclaration], header: &str, mappings: &[&str]) -> Result<Assignment, LearnError> {
    assign(declarations, &table(header), &all_mapped(mappings).into(), &[])
}

fn columns(declarations: &[FieldDeclaration], header: &str, mappings: &[&str]) -> Vec<String> {
    let assignment = taken(declarations, header, mappings).unwrap();
    assignment.fields.iter().map(|field| field.columns.join(" ")).collect()
}

fn sizes(declarations: &[FieldDeclaration], header: &str) -> Vec<(String, usize)> {
    taken(declarations, header, &[]).unwrap().sizes
}

fn refusal(declarations: &[FieldDeclaration], header: &str, mappings: &[&str]) -> String {
    taken(declarations, header, mappings).unwrap_err().to_string()
}

#[test]
fn a_mapping_comes_first() {
    let declarations = [input("x", "d"), outcome("y", "")];
    assert_eq!(columns(&declarations, "x,y,a,b,x0", &["x=b,a"]), ["b a", "y"]);
    assert_eq!(columns(&declarations, "x,y,a,b,x0", &["x=b,a", "y=x0"]), ["b a", "x0"]);
}

#[test]
fn a_column_without_a_name_is_taken_by_nobody() {
    let declarations = [input("x", "d"), outcome("y", "")];
    assert_eq!(columns(&declarations, ",a,y", &[]), ["a", "y"]);
    let error = taken(&declarations, "a,,y", &[]).unwrap_err();
    assert!(
        error.to_string().starts_with("t.csv, line 1: column 2 has no name, and input `x` would take it"),
        "{error}"
    );
    assert_eq!(error.remedy(), Some(&Remedy::MapColumns("x".into())));
    assert_eq!(columns(&declarations, ",a,y,", &["x=a"]), ["a", "y"]);
    assert_eq!(columns(&declarations, ",x0,x1,y", &[]), ["x0 x1", "y"]);
}

#[test]
fn then_the_column_of_the_name() {
    let declarations = [input("x", "d"), outcome("y", "")];
    assert_eq!(columns(&declarations, "y,x0,x1,x", &[]), ["x", "y"]);
}

#[test]
fn then_the_numbered_columns_by_number() {
    let declarations = [input("x", "2 2"), input("z", ""), outcome("y", "k")];
    assert_eq!(columns(&declarations, "x3,y1,x1,x0,z,other,x2,y0", &[]), ["x0 x1 x2 x3", "z", "y0 y1"]);
    let many = (0..12).map(|i| format!("x{i}")).collect::<Vec<_>>();
    assert_eq!(columns(&[input("x", "d")], &many.join(","), &[]), [many.join(" ")]);
}

#[test]
fn then_all_that_no_outcome_took_if_there_is_one_input() {
    let declarations = [input("x", "d"), outcome("species", "")];
    assert_eq!(columns(&declarations, "b,species,a,c", &[]), ["b a c", "species"]);
    assert_eq!(columns(&declarations, "b,species,a,c", &["species=a"]), ["b species c", "a"]);
    assert_eq!(columns(&[outcome("y", ""), input("x", "d")], "x1,y,x2", &[]), ["y", "x1 x2"]);
    let error = taken(&[input("x", "d"), input("z", ""), outcome("y", "")], "a,b,y", &[]).unwrap_err();
    assert!(error.to_string().contains("input `x`"), "{error}");
    assert_eq!(error.remedy(), Some(&Remedy::MapColumns("x".into())));
    let message = refusal(&declarations, "species", &[]);
    assert!(message.contains("input `x`"), "{message}");
}

#[test]
fn an_outcome_without_a_column_is_named_with_a_near_one() {
    let declarations = [input("x", "2"), outcome("yield_kg", "")];
    let message = refusal(&declarations, "a,b", &[]);
    assert!(
        message.contains("t.csv") && message.contains("outcome `yield_kg`") && message.contains("`a`"),
        "{message}"
    );
    assert!(refusal(&declarations, "a,b,yield_kq", &[]).contains("did you mean `yield_kq`?"));
    let message = refusal(&declarations, "a b yield_kg", &[]);
    assert!(message.contains("a single column, `a b yield_kg`; name what separates the cells"), "{message}");
    assert!(refusal(&declarations, "5.1,3.5,1", &[]).contains("the first line holds numbers"));
}

#[test]
fn a_remedy_is_said_in_the_words_of_the_caller() {
    let ours = |remedy: &Remedy| format!("give {remedy:?}");
    let declarations = [input("x", "2"), outcome("grams", "")];
    let error = taken(&declarations, "a,b,gram", &[]).unwrap_err();
    let problem = "t.csv: outcome `grams` finds no column `grams` or `grams0`; did you mean `gram`?";
    assert_eq!(error.to_string(), format!("{problem} Or map `grams` to its columns"));
    assert_eq!(error.worded(ours), format!("{problem} Give MapColumns(\"grams\")"));
    let error = taken(&[input("x", "m n")], "a,b", &[]).unwrap_err();
    let problem = "size `m` and `n`: the 2 columns of input `x` [m, n] cannot say each of them";
    assert_eq!(error.to_string(), format!("{problem}; bind one of `m`, `n`"));
    assert_eq!(error.worded(ours), format!("{problem}; give BindSizes([\"m\", \"n\"])"));
    let error = taken(&declarations, "a,b,grams", &["z=a"]).unwrap_err();
    assert_eq!((error.remedy(), error.worded(ours)), (None, error.to_string()));
}

#[test]
fn the_number_of_columns_must_be_the_size() {
    let declarations = [input("x", "3"), outcome("y", "")];
    for header in ["x0,x1,y", "a,b,y", "x,y", "x0,x1,x3,y"] {
        let message = refusal(&declarations, header, &[]);
        let found = if header == "x,y" { "1 was" } else { "2 were" };
        assert!(message.contains("input `x`") && message.contains("3 columns") && message.contains(found), "{message}");
    }
    let message = refusal(&declarations, "a,b,c,y", &["x=a,b"]);
    assert!(message.contains("3 columns") && message.contains("2 were") && message.contains("`b`"), "{message}");
    let message = refusal(&[outcome("y", "")], "y0,y1", &[]);
    assert!(message.contains("1 column,") && message.contains("2 were"), "{message}");
}

#[test]
fn a_gap_in_numbered_columns_does_not_decide_a_size() {
    let message = refusal(&[input("x", "d"), outcome("y", "")], "x0,x1,x3,y", &[]);
    assert!(message.contains("`x3`") && message.contains("`x2`"), "{message}");
    assert!(message.ends_with("; or map `x` to its columns"), "{message}");
    assert_eq!(columns(&[input("x", "2"), outcome("y", "")], "x0,x1,x3,y", &[]), ["x0 x1", "y"]);
}

#[test]
fn mappings_that_fit_nothing_are_refused() {
    let declarations = [input("input", "d"), outcome("y", "")];
    let header = "alpha,beta,y";
    for (mappings, says) in [
        (&["inptu=alpha"][..], &["inptu", "did you mean `input`?"][..]),
        (&["input=alpha,betta"], &["input", "`betta`", "did you mean `beta`?", "t.csv"]),
        (&["input=alpha,alpha"], &["input", "`alpha`", "twice"]),
        (&["input=alpha", "input=beta"], &["input", "twice"]),
        (&["input="], &["input", "no column"]),
    ] {
        let message = refusal(&declarations, header, mappings);
        assert!(message.starts_with("the mapping of `") && says.iter().all(|word| message.contains(word)), "{message}");
    }
}

#[test]
fn free_sizes_are_bound_by_the_number_of_columns() {
    let bound = |name: &str, value: usize| (name.to_string(), value);
    assert_eq!(sizes(&[input("x", "d"), outcome("y", "")], "a,b,c,y"), [bound("d", 3)]);
    assert_eq!(sizes(&[input("x", "2 d"), outcome("y", "")], "a,b,c,d,e,f,y"), [bound("d", 3)]);
    assert_eq!(sizes(&[input("x", "d d")], "a,b,c,d,e,f,g,h,i"), [bound("d", 3)]);
    // x waits for z, which binds d.
    let declarations = [input("x", "d k"), input("z", "d"), outcome("y", "k")];
    assert_eq!(sizes(&declarations, "x0,x1,x2,x3,x4,x5,z0,z1,y0,y1,y2"), [bound("d", 2), bound("k", 3)]);
    let assignment = taken(&declarations, "x0,x1,x2,x3,x4,x5,z0,z1,y0,y1,y2", &[]).unwrap();
    assert_eq!(assignment.fields[0].shape[..], [2, 3]);
}

#[test]
fn a_size_known_before_is_not_bound_again() {
    let known = [("d".to_string(), 4)];
    let declarations = [input("x", "d k"), outcome("y", "")];
    let assignment = assign(&declarations, &table("a,b,c,e,f,g,h,i,y"), &Selection::default(), &known).unwrap();
    assert_eq!(assignment.sizes, [("k".to_string(), 2)]);
    let message = assign(&[input("x", "d")], &table("a,b,c"), &Selection::default(), &known).unwrap_err().to_string();
    assert!(message.contains("[d = 4]") && message.contains("4 columns") && message.contains("3 were"), "{message}");
}

#[test]
fn a_size_bound_twice_is_named_with_both_numbers() {
    let message = refusal(&[input("x", "d"), input("z", "d"), outcome("y", "")], "x0,x1,x2,z0,z1,y", &[]);
    for word in ["`d`", "3", "2", "input `x`", "input `z`"] {
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_size_that_columns_cannot_tell_is_named() {
    let message = refusal(&[input("x", "m n"), outcome("y", "")], "a,b,c,d,e,f,y", &[]);
    for word in ["`m` and `n`", "6 columns", "input `x`", "bind one of"] {
        assert!(message.contains(word), "{message}");
    }
    for (dims, header) in [("2 d", "a,b,c"), ("d d", "a,b,c"), ("0 d", "a,b,c")] {
        let message = refusal(&[input("x", dims)], header, &[]);
        assert!(message.contains("input `x`") && message.contains("3 were"), "{message}");
    }
}

#[test]
fn a_numbered_column_that_another_takes_by_its_own_name_is_left_out() {
    let declarations = [input("x", "d"), outcome("x2", "")];
    assert_eq!(columns(&declarations, "x0,x1,x2", &[]), ["x0 x1", "x2"]);
    assert_eq!(columns(&declarations, "x0,x1,x2,y", &["x2=y"]), ["x0 x1 x2", "y"]);
    assert_eq!(columns(&[input("x", "d"), outcome("x5", "")], "x0,x1,x5", &[]), ["x0 x1", "x5"]);
    let message = refusal(&declarations, "x0,x1,x2,x3", &[]);
    assert!(message.contains("input `x`") && message.contains("`x2`") && message.contains("`x3`"), "{message}");
}

#[test]
fn a_further_table_has_as_many_numbered_columns() {
    let declarations = [input("x", "d"), outcome("y", "")];
    let fields = taken(&declarations, "x0,x1,y", &[]).unwrap().fields;
    let further = |header: &str, mappings: &[&str]| check_counts(&fields, &table(header), &all_mapped(mappings));
    assert_eq!(further("y,x1,x0,other,x3,x", &[]), Ok(()));
    let message = further("x0,x1,x2,y", &[]).unwrap_err().to_string();
    for word in ["t.csv", "input `x`", "2 columns", "`x2`"] {
        assert!(message.contains(word), "{message}");
    }
    // A mapping says which of them are meant.
    assert_eq!(further("x0,x1,x2,y", &["x=x0,x1"]), Ok(()));
}

#[test]
fn columns_are_mapped_by_ranges_and_patterns() {
    let declarations = [input("x", "d"), outcome("y", "")];
    let of = |header: &str, mapping: &str| columns(&declarations, header, &[mapping])[0].clone();
    assert_eq!(of("V1,V2,V3,y,V4", "x=V2..V4"), "V2 V3 V4");
    assert_eq!(of("V1,V2,V3,y", "x=V3..V1"), "V3 V2 V1");
    assert_eq!(of("p08,p09,p10,y", "x=p08..p10"), "p08 p09 p10");
    assert_eq!(of("pixel_b,q,pixel_a,y", "x=pixel*,q"), "pixel_b pixel_a q");
    assert_eq!(of("a1z,b1z,a2y,y", "x=a*z"), "a1z");
    assert_eq!(of("a*,ab,y", "x=a*"), "a*"); // a column of just that name
    let message = |mapping: &str| refusal(&declarations, "V1,V2,y", &[mapping]);
    assert!(message("x=V1..V3").contains("no column `V3`"));
    assert!(message("x=W*").contains("no column `W*`"));
    assert!(message("x=V*,V1").contains("the column `V1` is listed twice"));
    assert!(message("x=*").contains("is given the column `y`"));
}

#[test]
fn columns_may_count_from_one() {
    let declarations = [input("x", "d"), outcome("y", "")];
    assert_eq!(columns(&declarations, "x2,x1,other,y", &[]), ["x1 x2", "y"]);
    assert_eq!(columns(&declarations, "x0,x1,x2,y", &[]), ["x0 x1 x2", "y"]);
    assert!(refusal(&declarations, "x1,x3,y", &[]).contains("`x3` is there, `x2` is not"));
}

#[test]
fn an_only_input_leaves_out_what_is_dropped() {
    let declarations = [input("x", "d"), outcome("y", "")];
    let dropping = |names: &[&str]| {
        let dropped = names.iter().map(|name| name.to_string()).collect();
        assign(&declarations, &table("id,a,b1,b2,y"), &Selection { dropped, ..Selection::default() }, &[])
    };
    assert_eq!(dropping(&["id", "b*"]).unwrap().fields[0].columns, ["a"]);
    let message = dropping(&["ib"]).unwrap_err().to_string();
    assert_eq!(message, "t.csv: has no column `ib` to drop; did you mean `id`?");
}
