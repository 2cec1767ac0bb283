//! Which parameter takes which tensor of another program.

use chainrule_graph::{Builder, Initializer, Tensor};
use chainrule_learn::{ArrayValues, Parameters, Rename, Weights, write_npz};

/// The parameters h1/W [2, 3], h12/W [2, 3], V [3, 2] and b [2], all 0.
fn parameters() -> Parameters {
    let b = Builder::new();
    for (name, shape) in [("h1/W", &[2, 3][..]), ("h12/W", &[2, 3]), ("V", &[3, 2]), ("b", &[2])] {
        b.parameter(name, shape, Initializer::Constant(0.0));
    }
    Parameters::initialize(&b.finish().expect("they have names"), 0).expect("they start at 0")
}

/// What is given of a file with arrays that begin with 0, 1, 2 …, 100, 101, … and so on.
fn given(arrays: &[(&str, &[usize])], renames: &[&str]) -> Result<Vec<(String, Tensor)>, String> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("w.npz");
    let numbers: Vec<Vec<f64>> = (arrays.iter().enumerate())
        .map(|(index, (_, shape))| (0..shape.iter().product()).map(|i: usize| (100 * index + i) as f64).collect())
        .collect();
    let arrays: Vec<(&str, Vec<usize>, ArrayValues<'_>)> = (arrays.iter().zip(&numbers))
        .map(|((name, shape), numbers)| (*name, shape.to_vec(), ArrayValues::Reals(numbers)))
        .collect();
    write_npz(&path, &arrays).expect("it is written");
    let renames = renames.iter().map(|rename| rename.parse()).collect::<Result<Vec<Rename>, String>>()?;
    let weights = Weights::read(&path).map_err(|error| error.to_string())?;
    weights.given(&renames, &parameters()).map_err(|error| error.to_string())
}

fn rows(given: &[(String, Tensor)]) -> Vec<(&str, &[f64])> {
    given.iter().map(|(name, tensor)| (name.as_str(), tensor.data())).collect()
}

#[test]
fn names_are_matched_and_filled_in() {
    let arrays = [("net.fc1.weight", &[2, 3][..]), ("net.fc12.weight", &[2, 3]), ("b", &[2])];
    let found = given(&arrays, &["*.fc*.weight = h1/W"]).err();
    assert_eq!(found, None, "both are added");
    let found = given(&arrays, &["net.fc*.weight=h*/W"]).expect("they fit");
    let names: Vec<&str> = rows(&found).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["h1/W", "h12/W", "b"], "b by its own name");
    assert_eq!(found[1].1.data()[..2], [100.0, 101.0]);
}

#[test]
fn several_are_added_and_one_is_cut() {
    let found = given(&[("bias_ih", &[2]), ("bias_hh", &[2])], &["bias_*=b"]).expect("they fit");
    assert_eq!(rows(&found), [("b", &[100.0, 102.0][..])]);
    let found = given(&[("both", &[4, 3])], &["both=h1/W,h12/W"]).expect("they fit");
    assert_eq!(found[0].1.data()[..3], [0.0, 1.0, 2.0]);
    assert_eq!(found[1].1.data()[..3], [6.0, 7.0, 8.0]);
}

#[test]
fn axes_are_exchanged_where_it_is_said_and_left_out_where_they_have_one_element() {
    let found = given(&[("kernel", &[2, 3])], &["kernel=transpose(V)"]).expect("it fits");
    assert_eq!(rows(&found), [("V", &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0][..])]);
    let found = given(&[("conv", &[3, 2, 1, 1])], &["conv=V"]).expect("it fits");
    assert_eq!(rows(&found), [("V", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0][..])]);
}

#[test]
fn mistakes_are_told() {
    let arrays = [("w", &[2, 3][..])];
    for (rename, says) in [
        ("w", "there is no `=`"),
        ("=w", "a name is missing"),
        ("w=", "a name is missing"),
        ("w=V,", "a name is missing"),
        ("w=h*/W", "more `*`"),
        ("v=V", "holds no `v`; there is `w`"),
        ("w=U", "`U`"),
        ("w=V", "`w` [2, 3] does not fit `V` [3, 2]; `w=transpose(V)` would fit"),
        ("w=h1/W,b", "their rows would together be its rows"),
    ] {
        let error = given(&arrays, &[rename]).expect_err(rename);
        assert!(error.contains(says), "{rename}: {error}");
    }
}
