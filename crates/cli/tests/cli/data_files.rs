//! `chainrule data`

use std::fs;

use chainrule::Tensor;
use chainrule::learn::{Arrays, DataFile, FieldDeclaration, Role, Selection};
use chainrule::text;

use crate::support::Folder;

/// Four by two points, all red.
const RED: &[u8] = include_bytes!("red.jpg");

/// A PNG of so many points, each of these bytes.
fn png(width: u32, height: u32, point: &[u8], colour: png::ColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    let mut writer = encoder.write_header().expect("a Vec takes all bytes");
    writer.write_image_data(&point.repeat((width * height) as usize)).expect("there are bytes for each point");
    writer.finish().expect("a Vec takes all bytes");
    bytes
}

fn pictures() -> Folder {
    let folder = Folder::with(&[]);
    for class in ["p/cat", "p/dog", "p/empty"] {
        fs::create_dir_all(folder.path(class)).expect("the folder takes folders");
    }
    folder.write("p/dog/b.JPG", RED);
    folder.write("p/dog/a.png", &png(4, 2, &[0, 0, 255, 9], png::ColorType::Rgba));
    folder.write("p/cat/c.png", &png(4, 2, &[255], png::ColorType::Grayscale));
    folder.write("p/dog/notes.txt", b"no picture");
    folder
}

/// The values of an input in a row.
fn row(folder: &Folder, file: &str, input: &str, row: usize) -> Tensor {
    let model = format!("input {input}\nparam p [] = 0\nobjective = p^2 + sum(0 * x)\n");
    let model = text::parse(&model).expect("it is a model");
    let data = DataFile::read(folder.path(file), None).expect("it is data");
    let assignment = data.assign(&FieldDeclaration::all_of(&model), &Selection::default(), &[]).expect("it fits");
    let sizes = assignment.sizes.iter().map(|(name, size)| (name.clone(), *size as f64)).collect();
    let rows = assignment.dataset(&model.build(&sizes).expect("it builds")).expect("it fits");
    rows.example_of(Role::Input, row).remove(0).1
}

#[test]
fn pictures_become_arrays_a_folder_a_class() {
    let folder = pictures();
    let run = folder.line("data images p --out d.npz");
    assert!(run.err.contains("wrote d.npz: x [3, 3, 2, 4], y [3], 2 classes"), "{}", run.err);
    let arrays = Arrays::from_bytes("d.npz", folder.read("d.npz")).expect("it holds arrays");
    assert_eq!(arrays.words("classes").expect("they are words"), ["cat", "dog"]);
    let x = |at: usize| row(&folder, "d.npz", "x [c, h, w]", at);
    assert_eq!(x(0).data(), [1.0; 24]);
    assert_eq!(x(1).data(), [[0.0; 8], [0.0; 8], [1.0; 8]].concat());
    let red = [[1.0; 8], [0.0; 8], [0.0; 8]].concat();
    assert!(x(2).data().iter().zip(red).all(|(found, right)| (found - right).abs() < 0.02), "{:?}", x(2));

    folder.line("data images p --out g.npz --grey --size 3x5").succeeded();
    let grey = row(&folder, "g.npz", "x [1, 3, 5]", 1);
    assert!(grey.data().iter().all(|x| (x - 0.114).abs() < 1e-6), "{grey:?}");
}

#[test]
fn what_is_wrong_with_a_folder_names_the_file() {
    let folder = pictures();
    folder.write("p/dog/c.png", &png(3, 2, &[7], png::ColorType::Grayscale));
    let says = ["c.png: is 2x3, the first picture 2x4", "--size 2x4"];
    folder_refuses(&folder, "data images p --out d.npz", &says);
    folder.line("data images p --out d.npz --size 2x4").succeeded();
    folder.write("p/dog/c.png", &png(4, 2, &[7], png::ColorType::Grayscale)[..40]);
    folder_refuses(&folder, "data images p --out d.npz", &["c.png: is a PNG that cannot be read"]);
    folder.write("p/dog/c.png", b"text");
    folder_refuses(&folder, "data images p --out d.npz", &["c.png: is neither a PNG nor a JPEG"]);
    folder_refuses(&folder, "data images p/dog --out d.npz", &["p/dog: it holds no folder", "a folder for each class"]);
    folder_refuses(&folder, "data images nowhere --out d.npz", &["nowhere: cannot be read"]);
    folder_refuses(&folder, "data images p --out d.npz --size 3", &["--size", "28x28"]);
}

fn folder_refuses(folder: &Folder, words: &str, says: &[&str]) {
    folder.line(words).failed(2, says);
}

#[test]
fn a_text_is_cut_into_windows() {
    let folder = Folder::with(&[("t.txt", "abcabd\u{e9}ab")]);
    let run = folder.line("data text t.txt --context 3 --out d.npz");
    assert!(run.err.contains("wrote d.npz: x [2, 3], y [2, 3], 5 characters"), "{}", run.err);
    let arrays = Arrays::from_bytes("d.npz", folder.read("d.npz")).expect("it holds arrays");
    assert_eq!(arrays.words("classes").expect("they are words"), ["a", "b", "c", "d", "\u{e9}"]);
    assert_eq!(row(&folder, "d.npz", "x [t] int", 1).data(), [0.0, 1.0, 3.0]);

    folder.line("data text t.txt --context 3 --stride 1 --out s.npz").succeeded();
    assert_eq!(row(&folder, "s.npz", "x [t] int", 5).data(), [3.0, 4.0, 0.0]);
    folder.line("data text t.txt --context 2 --part 0.5:1 --out p.npz --classes-of d.npz").succeeded();
    assert_eq!(row(&folder, "p.npz", "x [t] int", 0).data(), [3.0, 4.0]);

    folder.write("o.txt", b"abz");
    folder.refuses(2, "data text o.txt --context 1 --out p2.npz --classes-of d.npz", &["'z', number 3", "d.npz"]);
    folder.refuses(2, "data text o.txt --context 3 --out p2.npz", &["3 characters are too few", "--context 3 takes 4"]);
    let most = usize::MAX;
    folder.refuses(
        2,
        &format!("data text o.txt --context {most} --out p2.npz"),
        &["are too few", &format!("takes {most}")],
    );
    folder.refuses(2, "data text o.txt --context 1 --out p2.npz --part 1:0", &["--part", "0:0.9"]);
    folder.write("l.txt", b"\xe9");
    folder.refuses(2, "data text l.txt --context 1 --out p2.npz", &["l.txt: is no text in UTF-8"]);
}
