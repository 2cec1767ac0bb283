//! Named arrays are read as NumPy writes them, and written as it reads them.

use std::collections::BTreeMap;

use chainrule_graph::{Function, text};
use chainrule_learn::{
    ArrayValues, Arrays, Assignment, DataFile, Dataset, FieldDeclaration, LearnError, Mapping, Selection, write_npz,
};

const MODEL: &str = "input x [h, w]\noutcome y [] int\nparam v [3] = 0\n\
                     prediction = softmax(v * sum(x))\nobjective = nll(prediction, y)";

/// An archive of one array whose header and bytes these are, not compressed, as `numpy.savez` writes it.
fn stored(name: &str, descr: &str, by_columns: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if by_columns { "True" } else { "False" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    let npy = [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), data].concat();
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    let file = format!("{name}.npy");
    let (mut entry, config) = archive.new_file(&file).start().unwrap();
    let mut writer = config.wrap(&mut entry);
    std::io::Write::write_all(&mut writer, &npy).unwrap();
    let (_, descriptor) = writer.finish().unwrap();
    entry.finish(descriptor).unwrap();
    archive.finish().unwrap();
    bytes
}

fn assigned(model: &str, data: &DataFile, selection: &Selection) -> Result<(Assignment, Function), LearnError> {
    let model = text::parse(model).unwrap();
    let assignment = data.assign(&FieldDeclaration::all_of(&model), selection, &[])?;
    let sizes: BTreeMap<String, f64> =
        assignment.sizes.iter().map(|(name, size)| (name.clone(), *size as f64)).collect();
    let function = model.build(&sizes).unwrap();
    Ok((assignment, function))
}

fn written(arrays: &[(&str, Vec<usize>, ArrayValues<'_>)]) -> DataFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.npz");
    write_npz(&path, arrays).unwrap();
    DataFile::from_bytes("d.npz", std::fs::read(path).unwrap(), None).unwrap()
}

fn read(model: &str, data: &DataFile) -> Result<Dataset, LearnError> {
    let (assignment, function) = assigned(model, data, &Selection::default())?;
    assignment.dataset(&function)
}

#[test]
fn arrays_bind_sizes_and_come_back_as_they_were_written() {
    let x: Vec<f32> = (0..12).map(|i| i as f32 / 3.0).collect();
    let words = ["ä", "longer"].map(String::from);
    let data = written(&[
        ("x", vec![2, 3, 2], ArrayValues::Singles(&x)),
        ("y", vec![2], ArrayValues::Integers(&[1, 0])),
        ("classes", vec![2], ArrayValues::Words(&words)),
        ("unused", vec![1], ArrayValues::Reals(&[f64::NAN])),
    ]);
    let (assignment, function) = assigned(MODEL, &data, &Selection::default()).unwrap();
    assert_eq!(assignment.sizes, [("h".to_string(), 3), ("w".to_string(), 2)]);
    let read = assignment.dataset(&function).unwrap();
    assert_eq!(read.values("x").unwrap()[..], x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>()[..]);
    assert_eq!(*read.values("y").unwrap(), [1.0, 0.0]);
    assert_eq!(read.fields()[1].classes().unwrap().words, words);
    assert_eq!(data.dataset(read.fields(), false).unwrap(), read);
}

#[test]
fn elements_of_any_type_and_order_are_numbers() {
    let model = "input x [3]\nparam w [] = 0\nprediction = w * sum(x)\nobjective = prediction^2";
    let values = |descr: &str, bytes: &[u8]| {
        let file = DataFile::from_bytes("d.npz", stored("x", descr, false, "(1, 3)", bytes), None).unwrap();
        read(model, &file).unwrap().values("x").unwrap().into_owned()
    };
    assert_eq!(values("|u1", &[0, 7, 255]), [0.0, 7.0, 255.0]);
    assert_eq!(values("|i1", &[0, 127, 255]), [0.0, 127.0, -1.0]);
    assert_eq!(values("|b1", &[0, 1, 1]), [0.0, 1.0, 1.0]);
    assert_eq!(values("<i2", &[1, 0, 254, 255, 0, 1]), [1.0, -2.0, 256.0]);
    assert_eq!(values(">i2", &[0, 1, 255, 254, 1, 0]), [1.0, -2.0, 256.0]);
    assert_eq!(values("<f2", &[0, 0x3c, 0, 0xc0, 1, 0]), [1.0, -2.0, 2f64.powi(-24)]);
    let bytes = |numbers: [f64; 3]| numbers.iter().flat_map(|x| x.to_be_bytes()).collect::<Vec<u8>>();
    assert_eq!(values(">f8", &bytes([0.1, -1e300, 3.0])), [0.1, -1e300, 3.0]);
    let bytes: Vec<u8> = [1i64 << 40, -5, 0].iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(values("<i8", &bytes), [1099511627776.0, -5.0, 0.0]);

    // By columns: [[1, 2, 3], [4, 5, 6]].
    let file = DataFile::from_bytes("d.npz", stored("x", "|u1", true, "(2, 3)", &[1, 4, 2, 5, 3, 6]), None).unwrap();
    assert_eq!(*read(model, &file).unwrap().values("x").unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn words_in_an_array_are_classes() {
    let names = ["b", "a", "b", "c"].map(String::from);
    let x = [1.0; 4];
    let data = written(&[("x", vec![4, 1, 1], ArrayValues::Reals(&x)), ("kind", vec![4], ArrayValues::Words(&names))]);
    let mapping = Mapping { name: "y".into(), columns: vec!["kind".into()] };
    let (assignment, function) = assigned(MODEL, &data, &vec![mapping].into()).unwrap();
    let fitted = assignment.dataset(&function).unwrap();
    assert_eq!(*fitted.values("y").unwrap(), [1.0, 0.0, 1.0, 2.0]);
    assert_eq!(fitted.fields()[1].classes().unwrap().words, ["a", "b", "c"]);
    assert_eq!(data.dataset(fitted.fields(), false).unwrap(), fitted);
    let other = written(&[
        ("x", vec![1, 1, 1], ArrayValues::Reals(&[1.0])),
        ("kind", vec![1], ArrayValues::Words(&["d".to_string()])),
    ]);
    let message = other.dataset(fitted.fields(), false).unwrap_err().to_string();
    assert!(message.contains("the array `kind` holds `d` at [0], which was not there"), "{message}");
}

#[test]
fn the_names_of_classes_stay_with_them_where_another_file_counts_them_in_another_order() {
    let model = "input x [t] int < 3\noutcome y [t] int < 3\nparam v [] = 0\n\
                 prediction = v * sum(x)\nobjective = prediction^2 + 0 * sum(y)";
    let file = |names: &[&str], y: &[i64]| {
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        written(&[
            ("x", vec![2, 2], ArrayValues::Integers(&[0, 1, 2, 1])),
            ("y", vec![2, 2], ArrayValues::Integers(y)),
            ("classes", vec![names.len()], ArrayValues::Words(&names)),
        ])
    };
    // Digits are names here, not numbers.
    let fitted = read(model, &file(&["\n", "2", "0"], &[0, 1, 2, 1])).unwrap();
    assert_eq!(fitted.fields()[1].classes().unwrap().words, ["\n", "2", "0"]);
    let again = |names: &[&str], y: &[i64]| file(names, y).dataset(fitted.fields(), false);
    assert_eq!(*again(&["\n", "2", "0"], &[0, 1, 2, 1]).unwrap().values("y").unwrap(), [0.0, 1.0, 2.0, 1.0]);
    assert_eq!(*again(&["0", "2", "\n"], &[0, 1, 2, 1]).unwrap().values("y").unwrap(), [2.0, 1.0, 0.0, 1.0]);
    let message = again(&["0", "7"], &[0, 0, 1, 0]).unwrap_err().to_string();
    assert!(message.contains("the array `y` holds `7` at [1, 0], which was not there in training"), "{message}");
    let message = again(&["0"], &[0, 0, 1, 0]).unwrap_err().to_string();
    assert!(message.contains("a class that is none of the 1 in `classes`"), "{message}");
}

#[test]
fn an_archive_without_arrays_says_what_it_holds() {
    let archive = |path: &str| {
        let mut bytes = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
        let (mut entry, config) = archive.new_file(path).start().unwrap();
        let (_, descriptor) = config.wrap(&mut entry).finish().unwrap();
        entry.finish(descriptor).unwrap();
        archive.finish().unwrap();
        DataFile::from_bytes("d.zip", bytes, None).unwrap_err().to_string()
    };
    assert_eq!(archive("xl/workbook.xml"), "d.zip: is a spreadsheet; save it as CSV there");
    assert_eq!(archive("t.csv"), "d.zip: is a zip archive without an array of NumPy; it holds `t.csv`: unpack it");
}

#[test]
fn what_does_not_fit_names_the_array_and_the_place() {
    let x = [0.5; 6];
    let with = |y: Vec<i64>, shape: Vec<usize>, x: &[f64]| {
        let rows = y.len();
        written(&[("x", shape, ArrayValues::Reals(x)), ("y", vec![rows], ArrayValues::Integers(&y))])
    };
    let refusal = |data: DataFile| read(MODEL, &data).unwrap_err().to_string();
    for (message, says) in [
        (
            refusal(with(vec![0], vec![1, 6], &x)),
            "d.npz: the array `x` has shape [1, 6]; [rows, h, w] would be right for input `x`",
        ),
        (refusal(with(vec![0, 1], vec![1, 3, 2], &x)), "d.npz: the array `y` has 2 rows, the array `x` 1"),
        (refusal(with(vec![0], vec![1, 1, 2], &[1.0, f64::NAN])), "d.npz: the array `x` holds NaN at [0, 0, 1]"),
        (
            refusal(written(&[("x", vec![1, 1, 1], ArrayValues::Reals(&[1.0]))])),
            "outcome `y` finds no array `y`; there is `x`",
        ),
        (refusal(with(vec![], vec![0, 1, 1], &[])), "no data rows"),
        (refusal(with(vec![7], vec![1, 3, 2], &x)), "found 7, but `y` has 3 classes"),
    ] {
        assert!(message.contains(says), "{message}");
    }
    let single = Arrays::from_bytes("a.npy", b"\x93NUMPY\x01\x00".to_vec()).unwrap_err().to_string();
    assert!(single.contains("a single array") && single.contains("savez"), "{single}");
    let whole = stored("x", "<f4", false, "(1, 1, 1)", &[0; 4]);
    for cut in [4, 20, whole.len() / 2, whole.len() - 1] {
        let message = Arrays::from_bytes("d.npz", whole[..cut].to_vec()).unwrap_err().to_string();
        assert!(message.starts_with("d.npz: ") && message.contains("truncated or corrupt"), "{message}");
    }
    for (descr, shape, bytes, says) in [
        ("<f4", "(2, 1, 1)", &[0; 4][..], "has 4 bytes, where 2 elements of 4 bytes would be right"),
        ("|O", "(1, 1, 1)", &[0; 8][..], "elements of type |O; real numbers of at most 64 bits would be right"),
        ("<c8", "(1, 1, 1)", &[0; 8][..], "elements of type <c8"),
    ] {
        let data = DataFile::from_bytes("d.npz", stored("x", descr, false, shape, bytes), None).unwrap();
        assert!(refusal(data).contains(says), "{descr}");
    }
}
