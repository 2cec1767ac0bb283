//! One array of NumPy: a header that says type, order and shape, and the elements.
//!
//! Source: NumPy's documentation of `numpy.lib.format`.

use chainrule_exec::run::SharedRows;

use crate::half::half;

const MAGIC: &[u8] = b"\x93NUMPY";

/// An array in the order of rows.
pub(crate) struct Array {
    pub shape: Vec<usize>,
    pub elements: Elements,
}

/// Elements; numbers are in 32 bits where those hold every one of their type.
pub(crate) enum Elements {
    Numbers(SharedRows),
    Words(Vec<String>),
}

/// How an element is stored: `<f4`.
#[derive(Clone, Copy)]
struct ElementKind {
    is_big_endian: bool,
    letter: u8,
    /// In bytes; of `U` in characters.
    size: usize,
}

/// Reads the bytes of a `.npy` file, or says what is wrong with it.
pub(crate) fn read(bytes: &[u8]) -> Result<Array, String> {
    let cut = || "is truncated".to_string();
    let rest = bytes.strip_prefix(MAGIC).ok_or("is no array of NumPy")?;
    let (&[major, _], rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (length, rest) = match major {
        1 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_le_bytes(*length)), rest)),
        _ => rest.split_first_chunk().map(|(length, rest)| (u32::from_le_bytes(*length) as usize, rest)),
    }
    .ok_or_else(cut)?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = str::from_utf8(header).map_err(|_| "has a header that is no text")?;
    let (kind, by_columns, shape) = parse(header)?;

    let count = shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size)).ok_or("is too large")?;
    let width = if kind.letter == b'U' { 4 * kind.size } else { kind.size };
    if count.checked_mul(width) != Some(data.len()) {
        return Err(format!("has {} bytes, where {count} elements of {width} bytes would be right", data.len()));
    }
    let order = if by_columns && shape.len() > 1 { Some(row_order(&shape)) } else { None };
    Ok(Array { elements: elements(data, kind, width, order)?, shape })
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`
fn parse(header: &str) -> Result<(ElementKind, bool, Vec<usize>), String> {
    let strange = || format!("has a header that is not understood: {}", header.trim());
    let after = |key: &str| Some(header.split_once(&format!("'{key}':"))?.1.trim_start());
    let descr = after("descr").ok_or_else(strange)?;
    let Some(descr) = descr.strip_prefix('\'').and_then(|descr| descr.split_once('\'')) else {
        return Err("has elements of several parts; an array of numbers for each would be right".into());
    };
    let by_columns = after("fortran_order").ok_or_else(strange)?.starts_with("True");
    let shape = after("shape").and_then(|shape| shape.strip_prefix('(')?.split_once(')')).ok_or_else(strange)?.0;
    let sizes = shape.split(',').map(str::trim).filter(|size| !size.is_empty());
    let shape = sizes.map(|size| size.parse().ok()).collect::<Option<Vec<usize>>>().ok_or_else(strange)?;
    let kind = kind(descr.0).ok_or_else(|| {
        format!(
            "has elements of type {}; real numbers of at most 64 bits would be right, as astype(float) makes them",
            descr.0
        )
    })?;
    Ok((kind, by_columns, shape))
}

fn kind(descr: &str) -> Option<ElementKind> {
    let (is_big_endian, descr) = match descr.as_bytes().first()? {
        b'>' => (true, &descr[1..]),
        b'<' | b'|' | b'=' => (false, &descr[1..]),
        _ => (false, descr),
    };
    let letter = *descr.as_bytes().first()?;
    let size: usize = descr.get(1..)?.parse().ok()?;
    let is_known = match letter {
        b'f' => matches!(size, 2 | 4 | 8),
        b'i' | b'u' => matches!(size, 1 | 2 | 4 | 8),
        b'b' => size == 1,
        b'U' | b'S' => true,
        _ => false,
    };
    is_known.then_some(ElementKind { is_big_endian, letter, size })
}

/// For each element in the order of rows its place in that of columns.
fn row_order(shape: &[usize]) -> Vec<usize> {
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1;
    for size in shape {
        strides.push(stride);
        stride *= size;
    }
    let place = |mut index: usize| {
        let axes = shape.iter().zip(&strides).rev();
        axes.fold(0, |place, (size, stride)| {
            let along = index % size;
            index /= size;
            place + along * stride
        })
    };
    (0..stride).map(place).collect()
}

fn elements(data: &[u8], kind: ElementKind, width: usize, order: Option<Vec<usize>>) -> Result<Elements, String> {
    let ElementKind { letter, size, .. } = kind;
    if matches!(letter, b'U' | b'S') {
        let word = |bytes: &[u8]| word(bytes, kind);
        let words = match width {
            0 => Some(Vec::new()),
            _ => arranged(data.chunks_exact(width).map(word), order).into_iter().collect::<Option<Vec<String>>>(),
        };
        return words.map(Elements::Words).ok_or_else(|| "holds words that are no text".into());
    }
    let numbers = data.chunks_exact(size).map(|bytes| number(bytes, kind));
    // 32 bits hold every integer up to 2²⁴.
    let is_narrow = match letter {
        b'f' => size <= 4,
        _ => size <= 2,
    };
    Ok(Elements::Numbers(match is_narrow {
        true => arranged(numbers.map(|number| number as f32), order).into(),
        false => arranged(numbers, order).into(),
    }))
}

fn arranged<T: Clone>(elements: impl Iterator<Item = T>, order: Option<Vec<usize>>) -> Vec<T> {
    let elements: Vec<T> = elements.collect();
    match order {
        None => elements,
        Some(order) => order.into_iter().map(|place| elements[place].clone()).collect(),
    }
}

fn number(bytes: &[u8], kind: ElementKind) -> f64 {
    let mut little = [0; 8];
    let used = &mut little[..bytes.len()];
    used.copy_from_slice(bytes);
    if kind.is_big_endian {
        used.reverse();
    }
    let bits = u64::from_le_bytes(little);
    match (kind.letter, kind.size) {
        (b'f', 2) => half(bits as u16),
        (b'f', 4) => f64::from(f32::from_bits(bits as u32)),
        (b'f', _) => f64::from_bits(bits),
        (b'i', size) => {
            let unused = 64 - 8 * size as u32;
            ((bits << unused) as i64 >> unused) as f64
        }
        _ => bits as f64,
    }
}

fn word(bytes: &[u8], kind: ElementKind) -> Option<String> {
    if kind.letter == b'S' {
        let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        return String::from_utf8(bytes[..end].to_vec()).ok();
    }
    let character = |bytes: &[u8]| {
        let bytes: [u8; 4] = bytes.try_into().ok()?;
        char::from_u32(if kind.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let word: String = bytes.chunks_exact(4).map(character).collect::<Option<_>>()?;
    Some(word.trim_end_matches('\0').to_string())
}
