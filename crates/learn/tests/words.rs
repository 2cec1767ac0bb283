//! Words become numbers, and holes what is said of them.

use chainrule_graph::{Function, Kind, text};
use chainrule_learn::{
    Assignment, Dataset, FieldDeclaration, LearnError, Mapping, Missing, Remedy, Role, RowPlace, SavedModel, Selection,
    Table, Transforms, WordEncoding, assign,
};

const REAL: &str = "input x [d]\noutcome y []\nparam w [d] = 0\nprediction = dot(w, x)\nobjective = (prediction - y)^2";
const CLASSES: &str =
    "input x []\noutcome y [] int\nparam w [3] = 0\nprediction = softmax(w * x)\nobjective = nll(prediction, y)";

fn table(text: &str) -> Table {
    Table::from_bytes("t.csv", text.into()).unwrap()
}

fn assigned(model: &str, rows: &str, selection: &Selection) -> Result<(Assignment, Function), LearnError> {
    let model = text::parse(model).unwrap();
    let assignment = assign(&FieldDeclaration::all_of(&model), &table(rows), selection, &[])?;
    let sizes = assignment.sizes.iter().map(|(name, size)| (name.clone(), *size as f64)).collect();
    let function = model.build(&sizes).unwrap();
    Ok((assignment, function))
}

fn read(model: &str, rows: &str, selection: &Selection) -> Dataset {
    let (assignment, function) = assigned(model, rows, selection).unwrap();
    assignment.dataset(&function).unwrap()
}

fn values(model: &str, rows: &str, selection: &Selection) -> Vec<Vec<f64>> {
    let data = read(model, rows, selection);
    data.fields().iter().map(|field| data.values(&field.name).unwrap().into_owned()).collect()
}

fn refusal(model: &str, rows: &str, selection: &Selection) -> String {
    let error = assigned(model, rows, selection).and_then(|(assignment, function)| assignment.dataset(&function));
    error.unwrap_err().to_string()
}

fn plain() -> Selection {
    Selection::default()
}

fn missing(missing: Missing) -> Selection {
    Selection { missing, ..Selection::default() }
}

const DROP: Missing = Missing { drop: true, mean: false, class: false };
const MEAN: Missing = Missing { drop: false, mean: true, class: false };
const CLASS: Missing = Missing { drop: false, mean: false, class: true };

#[test]
fn words_of_whole_numbers_are_classes_in_the_order_of_their_names() {
    let data = read(CLASSES, "x,y\n1,setosa\n2,virginica\n3, versicolor \n4,setosa\n", &plain());
    assert_eq!(*data.values("y").unwrap(), [0.0, 2.0, 1.0, 0.0]);
    let words = data.fields()[1].classes().unwrap();
    assert_eq!(
        (&words.words[..], words.encoding),
        (&["setosa", "versicolor", "virginica"].map(String::from)[..], WordEncoding::Class)
    );
    // What says false is 0, whatever its case.
    assert_eq!(values(CLASSES, "x,y\n1,TRUE\n2,false\n3,true\n", &plain())[1], [1.0, 0.0, 1.0]);
    assert_eq!(values(CLASSES, "x,y\n1,no\n2,yes\n3,no\n", &plain())[1], [0.0, 1.0, 0.0]);
    let message = refusal(CLASSES, "x,y\n1,a\n2,b\n3,c\n4,d\n", &plain());
    assert!(
        message.starts_with("t.csv, line 5, column `y`: found `d`, the class 3, but `y` has 3 classes"),
        "{message}"
    );
}

#[test]
fn words_of_a_real_input_are_a_column_each_or_one_for_true_and_false() {
    let data = read(REAL, "city,age,smoker,y\nRome,3,True,1\nParis,4,False,2\n", &plain());
    assert_eq!(*data.values("x").unwrap(), [0.0, 1.0, 3.0, 1.0, 1.0, 0.0, 4.0, 0.0]);
    assert_eq!(data.fields()[0].element_names(), ["city=Paris", "city=Rome", "age", "smoker"]);
    for (no, yes) in [("false", "true"), ("No", "Yes"), ("F", "T"), ("n", "y")] {
        assert_eq!(values(REAL, &format!("a,y\n{yes},1\n{no},2\n"), &plain())[0], [1.0, 0.0]);
    }
    // One of the two alone says no more than any word.
    assert_eq!(read(REAL, "a,y\nyes,1\nyes,2\n", &plain()).fields()[0].element_names(), ["a=yes"]);
    assert_eq!(values(REAL, "a,y\nyes,1\nt,2\n", &plain())[0], [0.0, 1.0, 1.0, 0.0]);
}

#[test]
fn numbers_are_words_where_that_is_said() {
    let classes = |column: &str| Selection { classes: vec![column.into()], ..Selection::default() };
    let data = read(CLASSES, "x,y\n1,10\n2,-1\n3,2.0\n4,2\n", &classes("y"));
    assert_eq!(*data.values("y").unwrap(), [2.0, 0.0, 1.0, 1.0]);
    assert_eq!(data.fields()[1].classes().unwrap().words, ["-1", "2", "10"]);
    assert_eq!(values(REAL, "a,y\n3,1\n7,2\n", &classes("a"))[0], [1.0, 0.0, 0.0, 1.0]);
    assert!(refusal(CLASSES, "x,y\n1,10\n", &classes("z")).contains("no column `z`"));
    let message = refusal(REAL, "a,y\n3,1\n", &classes("y"));
    assert!(message.contains("real outcome `y`"), "{message}");
}

#[test]
fn columns_that_are_neither_are_refused_with_line_and_column() {
    let ids = (0..51).map(|i| format!("id{i},1\n")).collect::<String>();
    for (rows, says) in [
        ("a,y\n1,1\n2,1\nthree,2\nNA,1\n", "t.csv, line 4, column `a`: found `three`; a number"),
        ("a,y\nNA,1\nthree,2\n4,1\n", "t.csv, line 3, column `a`: found `three`, but the number 4 in line 4"),
        (
            "a,y\n1,one\n",
            "t.csv, line 2, column `y`: found `one`; a number such as 3 or -0.5 would be right, or an outcome declared `int`",
        ),
        ("a,y\n,1\nNA,2\n", "input `x` takes the column `a`, in which every cell is missing"),
        (&format!("a,y\n{ids}"), "t.csv, line 52, column `a`: found `id50`, one word more than the 50"),
    ] {
        let message = refusal(REAL, rows, &plain());
        assert!(message.contains(says), "{message}");
    }
    let classes = (0..60).map(|i| format!("1,id{i}\n")).collect::<String>();
    let model = CLASSES.replace("w [3]", "w [60]");
    assert_eq!(read(&model, &format!("x,y\n{classes}"), &plain()).fields()[1].classes().unwrap().words.len(), 60);
    let without = Selection { dropped: vec!["a".into()], ..Selection::default() };
    let ids = (0..51).map(|i| format!("id{i},{i},1\n")).collect::<String>();
    assert_eq!(values(REAL, &format!("a,b,y\n{ids}"), &without)[0][50], 50.0);
}

#[test]
fn words_that_look_like_numbers_are_told() {
    let looks = |cells: &str| {
        let data = read(REAL, &format!("a;y\n{}", cells.replace('/', ";1\n")), &plain());
        data.fields()[0].reading.words["a"].look_like_numbers()
    };
    assert!(looks("$1,234.50/$12.00/") && looks("12%/13 %/") && looks("1'000/2'500.5/"));
    assert!(looks("1.234,5/2.000,25/") && looks("(5)/\u{2212}6/") && looks("1_000/0x1F/"));
    assert!(
        !looks("a1/b2/")
            && !looks("01.02.2024/02.02.2024/")
            && !looks("12%/n. a./")
            && !looks("2024-01-02/2024-01-03/")
    );
}

#[test]
fn a_sign_that_may_stand_between_thousands_is_told() {
    let told = |rows: &str| assigned(REAL, rows, &plain()).unwrap().0.ambiguity;
    for (rows, says) in [
        (
            "a;y\n1,5;2\n1.234;3\n",
            "`1.234` in line 3, column `a`, is read as 1.234, though `1,5` in line 2, column `a`, has another decimal sign; if \
             it is 1234, take",
        ),
        (
            "a;y\n-12.500;2,5\n2;3\n",
            "`-12.500` in line 2, column `a`, is read as -12.500, though `2,5` in line 2, column `y`",
        ),
        ("a\ty\n1,234\t2\n0.5\t3\n", "`1,234` in line 2, column `a`, is read as 1.234, though `0.5` in line 3"),
    ] {
        let found = told(rows).unwrap_or_else(|| panic!("{rows}"));
        assert!(found.contains(says), "{found}");
    }
    for rows in [
        "a;y\n1.234;2\n3.5;3\n",
        "a;y\n1,234;2\n3,5;3\n",
        "a;y\n0.234;2,5\n3.5;3\n",
        "a;y\n1.23;2,5\n1234.567;3\n",
        "a,y\n1.234,2\n5,3\n",
    ] {
        assert_eq!(told(rows), None, "{rows}");
    }
}

#[test]
fn words_of_a_real_outcome_are_not_told_of_empty_cells() {
    let says = |rows: &str| refusal(REAL, rows, &plain());
    let right = "`one`; a number such as 3 or -0.5 would be right, or an outcome declared `int`, for classes";
    let message = says("a,y\n1,one\n2,two\n");
    assert!(message.ends_with(right), "{message}");
    assert!(says("a,y\n1,2\n2,one\n").contains(&format!("{right}, or an empty cell")));
    // Where a model is used, nothing becomes of an empty cell either.
    let fields = read(REAL, "a,y\n1,2\n", &plain()).fields().to_vec();
    let message = Dataset::read(&table("a,y\n1,2\nx,3\n"), &fields).unwrap_err().to_string();
    assert!(message.ends_with("found `x`; a number such as 3 or -0.5 would be right"), "{message}");
}

#[test]
fn holes_where_a_model_is_used_have_a_remedy() {
    let rows = "a,b,y\n1,u,1\n2,v,2\n";
    let fields = read(REAL, rows, &plain()).fields().to_vec();
    let says = |rows: &str| Dataset::read(&table(rows), &fields).unwrap_err();
    for (rows, place, numbers, words) in [
        ("a,b,y\n1,u,1\n,v,2\n", "line 3, column `a`", true, false),
        ("a,b,y\n1,NA,1\n3,v,2\n", "line 2, column `b`", false, true),
        ("a,b,y\n1,u,?\n3,v,2\n", "line 2, column `y`", false, false),
    ] {
        let error = says(rows);
        assert!(error.to_string().contains(place), "{error}");
        let right = if words { "`u`, `v` would be right" } else { "a number such as 3 or -0.5 would be right" };
        assert!(error.to_string().contains(right), "{error}");
        assert_eq!(error.remedy(), Some(&Remedy::FilledHoles { numbers, words }));
    }
}

#[test]
fn a_column_that_mixes_words_and_numbers_says_what_would_be_right() {
    let says = |cells: &str, model: &str| assigned(model, &format!("a;y\n{cells}"), &plain()).unwrap_err().to_string();
    let empty = "a number such as 3 or -0.5 would be right, or an empty cell where there is none";
    assert!(
        says("1;1\nn.a.;2\n", REAL)
            .contains(&format!("line 3, column `a`: found `n.a.`; {empty}, or words in all rows"))
    );
    assert!(says("Yes;1\n0;2\n", REAL).contains("line 2, column `a`: found `Yes`, but the number 0 in line 3"));
    assert!(says("1.234,5;1\n800,5;2\n", REAL).contains("without other signs: 1234.5"));
    let id = "input a [] int\noutcome y []\nprediction = 2 * a\nobjective = (prediction - y)^2";
    assert!(
        read_error(id, "a;y\n5;1\n9007199254740993;2\n")
            .contains("line 3, column `a`: found about 9.007199254740992e15")
    );
}

fn read_error(model: &str, rows: &str) -> String {
    let (assignment, function) = assigned(model, rows, &plain()).unwrap();
    assignment.dataset(&function).unwrap_err().to_string()
}

#[test]
fn missing_cells_are_counted_by_column() {
    let rows = "a,b,y\n1,u,1\n,v,2\nNA,-,?\n4,null,1\n5,None,3\n6,N/A,1\n7,u,NaN\n";
    let error = assigned(REAL, rows, &plain()).unwrap_err();
    let counts = "2 in column `a` (the first in line 3), 4 in column `b` (the first in line 4), 2 in column `y` (the first in line 4)";
    assert!(error.to_string().starts_with(&format!("t.csv: cells are missing: {counts}")), "{error}");
    assert_eq!(error.remedy(), Some(&Remedy::Missing { numbers: true, words: true }));
    // What one covers is no longer said, and nothing fills in an outcome.
    let error = assigned(REAL, rows, &missing(MEAN)).unwrap_err();
    assert!(error.to_string().contains("4 in column `b`") && !error.to_string().contains("`a`"), "{error}");
    assert_eq!(error.remedy(), Some(&Remedy::Missing { numbers: false, words: true }));
    let error = assigned(REAL, rows, &missing(Missing { class: true, ..MEAN })).unwrap_err();
    assert!(error.to_string().contains("missing: 2 in column `y`"), "{error}");
    assert!(refusal(REAL, "a,y\n,1\n2,\n", &missing(DROP)).contains("none would be left"));
}

#[test]
fn rows_with_holes_are_left_out() {
    let rows = "a,b,y\n1,u,1\n,v,2\n3,-,2\n4,w,?\n5,v,3\n";
    let (assignment, function) = assigned(REAL, rows, &missing(DROP)).unwrap();
    assert_eq!(assignment.left_out, 3);
    let data = assignment.dataset(&function).unwrap();
    assert_eq!(*data.values("x").unwrap(), [1.0, 1.0, 0.0, 0.0, 5.0, 0.0, 1.0, 0.0]);
    assert_eq!((data.rows(), data.place(1)), (2, RowPlace::Line(6)));
    // As it was trained, but for a second table that goes with the first.
    let more = table("a,b,y\n1,u,1\n,v,2\n3,w,2\n");
    let error = Dataset::read(&more, data.fields()).unwrap_err().to_string();
    assert!(error.starts_with("t.csv, line 3, column `a`: the cell is empty"), "{error}");
    assert_eq!(Dataset::read_whole_rows(&more, data.fields()).unwrap().rows(), 2);
    // What another covers is not left out.
    let (assignment, _) = assigned(REAL, rows, &missing(Missing { mean: true, class: true, drop: true })).unwrap();
    assert_eq!(assignment.left_out, 1);
}

#[test]
fn numbers_are_filled_in_by_the_mean_of_their_column() {
    let data = read(REAL, "a,b,y\n1,NA,1\n,5,2\n5,3,2\n", &missing(MEAN));
    let fill = Transforms::filling(&data);
    assert_eq!(*fill.apply(&data).unwrap().values("x").unwrap(), [1.0, 4.0, 3.0, 5.0, 5.0, 3.0]);
    let new = Dataset::read(&table("b,a,y\nnull,?,1\n"), data.fields()).unwrap();
    assert_eq!(*fill.apply(&new).unwrap().values("x").unwrap(), [3.0, 4.0]);
    assert_eq!(Transforms::from_json(&fill.to_json()), Some(fill));
}

#[test]
fn a_hole_among_words_can_be_a_word() {
    let data = read(REAL, "a,b,y\nu,q,1\n,q,2\nt,r,3\n", &missing(CLASS));
    assert_eq!(data.fields()[0].element_names(), ["a=t", "a=u", "a=missing", "b=q", "b=r"]);
    assert_eq!(data.values("x").unwrap()[..10], [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    let new = Dataset::read(&table("b,a,y\nr,NA,1\n"), data.fields()).unwrap();
    assert_eq!(*new.values("x").unwrap(), [0.0, 0.0, 1.0, 0.0, 1.0]);
    let error = Dataset::read(&table("b,a,y\n,t,1\n"), data.fields()).unwrap_err().to_string();
    assert!(error.starts_with("t.csv, line 2, column `b`"), "{error}");
}

#[test]
fn words_are_kept_with_the_model() {
    let data = read(REAL, "city,age,smoker,y\nRome,3,True,1\nParis,4,False,2\n", &missing(MEAN));
    let saved = SavedModel {
        graph: REAL.into(),
        fields: data.fields().to_vec(),
        transforms: Transforms::filling(&data),
        settings: Default::default(),
        parameters: Vec::new(),
    };
    let saved = SavedModel::from_bytes("m", &saved.to_bytes().unwrap()).unwrap();
    assert_eq!(saved.fields, data.fields());
    let inputs = &saved.fields[..1];
    let new = table("smoker,age,city\nFALSE,5,Paris\n");
    assert_eq!(*Dataset::read(&new, inputs).unwrap().values("x").unwrap(), [1.0, 0.0, 5.0, 0.0]);
    for (rows, says) in [
        (
            "city,age,smoker\nParis,1,true\nOslo,1,true\n",
            "t.csv, line 3, column `city`: found `Oslo`, which was not there in training; there were `Paris`, `Rome`",
        ),
        ("city,age,smoker\n7,1,true\n", "column `city`: found `7`, which was not there"),
        ("city,age,smoker\nParis,old,true\n", "column `age`: found `old`; a number"),
    ] {
        let message = Dataset::read(&table(rows), inputs).unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn columns_that_tell_the_outcome_are_found() {
    let data = read(REAL, "a,b,y\n1,5,1\n2,6,2\n", &plain());
    assert_eq!(data.copies_of_outcomes(), [("a".to_string(), "y".to_string())]);
    // Of several elements the one is named.
    let two = "input x [d]\noutcome y [2]\nobjective = sum(y) * sum(x)\n";
    let data = read(two, "a,y0,y1\n5,1,5\n6,2,6\n", &plain());
    assert_eq!(data.copies_of_outcomes(), [("a".to_string(), "y1".to_string())]);
    // What comes next in a text stands one place further on; the same place would tell it.
    let text = "input x [3] int < 9\noutcome y [3] int < 9\nobjective = sum(one_hot(x, 9) * one_hot(y, 9))\n";
    let data = |rows: &str| read(text, &format!("x0,x1,x2,y0,y1,y2\n{rows}"), &plain()).copies_of_outcomes();
    assert_eq!(data("1,2,3,2,3,4\n2,3,4,3,4,5\n"), []);
    assert_eq!(data("1,2,3,1,3,4\n2,3,4,2,4,5\n"), [("x0".to_string(), "y0".to_string())]);
    let data = read(two, "a,y0,y1\n5,1,5\n6,2,6\n", &plain());
    let mapping = |name: &str, column: &str| Mapping { name: name.into(), columns: vec![column.into()] };
    let message = refusal(REAL, "a,b,y\n1,5,1\n", &vec![mapping("x", "y")].into());
    assert!(message.contains("input `x` is given the column `y`, which outcome `y` takes"), "{message}");
    assert_eq!(data.fields().iter().filter(|field| field.role == Role::Input && field.kind == Kind::Real).count(), 1);
}
