//! The Python literal at the start of an NPY file: dtype, order, shape.

use crate::read::sample::{SampleKind, SampleType};
use crate::read::source::Source;
use crate::{Error, Place, Result};

/// NumPy rejects untrusted headers over 10,000 bytes.
const MAX_HEADER: usize = 1 << 16;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) sample: SampleType,
    /// Pairs (re, im) of `sample`.
    pub(super) complex: bool,
    /// Whether the first index varies fastest.
    pub(super) fortran: bool,
    pub(super) shape: Vec<u64>,
}

/// Reads up to the first element.
pub(super) fn parse(source: &mut Source) -> Result<Header> {
    let magic: [u8; 8] = source.exact("the NPY header")?;
    if &magic[..6] != b"\x93NUMPY" {
        return Err(Error::malformed(source.name(), Place::Byte(0), "no \\x93NUMPY at the start"));
    }
    let len = match magic[6] {
        1 => usize::from(u16::from_le_bytes(source.exact("the NPY header's length")?)),
        2 | 3 => u32::from_le_bytes(source.exact("the NPY header's length")?) as usize,
        version => {
            let reason = format!("NPY version {version} is not supported; supported are 1 to 3");
            return Err(Error::unsupported(source.name(), Place::Byte(6), reason));
        }
    };
    let at = source.position();
    if len > MAX_HEADER {
        let reason = format!("the NPY header claims {len} bytes, more than {MAX_HEADER}");
        return Err(Error::malformed(source.name(), Place::Byte(8), reason));
    }
    let mut text = vec![0; len];
    let got = source.fill(&mut text)?;
    if got < len {
        let reason = format!("the NPY header claims {len} bytes, {got} are left");
        return Err(Error::truncated(source.name(), source.position(), reason));
    }
    let text = String::from_utf8_lossy(&text);
    literal(&text).map_err(|problem| match problem {
        Problem::Malformed(reason) => Error::malformed(source.name(), Place::Byte(at), reason),
        Problem::Unsupported(reason) => Error::unsupported(source.name(), Place::Byte(at), reason),
    })
}

#[derive(Debug, PartialEq)]
enum Problem {
    Malformed(String),
    Unsupported(String),
}

fn literal(text: &str) -> Result<Header, Problem> {
    let descr = value(text, "descr")?;
    let quote = descr.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some(quote) = quote else {
        return Err(Problem::Unsupported(
            "records (structured dtypes) are not supported; save one field".into(),
        ));
    };
    let dtype = descr[1..].split(quote).next().unwrap_or_default();
    let (sample, complex) = element(dtype)?;
    let order = value(text, "fortran_order")?;
    let fortran = match (order.starts_with("True"), order.starts_with("False")) {
        (true, _) => true,
        (_, true) => false,
        _ => return Err(Problem::Malformed("fortran_order is neither True nor False".into())),
    };
    Ok(Header { sample, complex, fortran, shape: shape(value(text, "shape")?)? })
}

/// Returns the text after `'key':`.
fn value<'a>(text: &'a str, key: &str) -> Result<&'a str, Problem> {
    ['\'', '"']
        .iter()
        .find_map(|quote| text.split_once(&format!("{quote}{key}{quote}")))
        .and_then(|(_, rest)| rest.trim_start().strip_prefix(':'))
        .map(str::trim_start)
        .ok_or_else(|| Problem::Malformed(format!("the NPY header has no '{key}'")))
}

fn shape(text: &str) -> Result<Vec<u64>, Problem> {
    let bad = || {
        Problem::Malformed(format!("the shape is not a tuple of sizes: {}", text.get(..60).unwrap_or(text)))
    };
    let inner = text.strip_prefix('(').and_then(|rest| rest.split_once(')')).ok_or_else(bad)?.0;
    inner
        .split(',')
        .map(|part| part.trim().trim_end_matches('L'))
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_err(|_| bad()))
        .collect()
}

/// Returns the number type of a dtype such as `<f8`, and whether it is complex.
fn element(dtype: &str) -> Result<(SampleType, bool), Problem> {
    let (big_endian, code) = match dtype.split_at_checked(1) {
        Some((">" | "!", code)) => (true, code),
        Some(("<" | "|" | "=", code)) => (false, code),
        _ => (false, dtype),
    };
    let (kind, complex) = match code {
        "b1" | "u1" | "?" => (SampleKind::U8, false),
        "i1" => (SampleKind::S8, false),
        "u2" => (SampleKind::U16, false),
        "i2" => (SampleKind::S16, false),
        "u4" => (SampleKind::U32, false),
        "i4" => (SampleKind::S32, false),
        "u8" => (SampleKind::U64, false),
        "i8" => (SampleKind::S64, false),
        "f2" => (SampleKind::F16, false),
        "f4" => (SampleKind::F32, false),
        "f8" => (SampleKind::F64, false),
        "c8" => (SampleKind::F32, true),
        "c16" => (SampleKind::F64, true),
        _ => {
            let known = "supported are b1, u1…u8, i1…i8, f2, f4, f8, c8 and c16";
            return Err(Problem::Unsupported(format!("dtype '{dtype}' is not supported; {known}")));
        }
    };
    Ok((SampleType { kind, big_endian }, complex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        let header = literal("{'descr': '>c16', 'fortran_order': True, 'shape': (3, 40), }  \n").unwrap();
        assert_eq!(header.sample, SampleType::be(SampleKind::F64));
        assert!(header.complex && header.fortran);
        assert_eq!(header.shape, [3, 40]);
        assert!(
            literal("{\"descr\":\"<i2\",\"fortran_order\":False,\"shape\":()}").unwrap().shape.is_empty()
        );
        assert_eq!(literal("{'descr': '<f4', 'fortran_order': False, 'shape': (7L,)}").unwrap().shape, [7]);
    }

    #[test]
    fn refusals() {
        let of = |descr: &str, shape: &str| {
            literal(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"))
        };
        assert!(matches!(of("[('a', '<f4')]", "(1,)"), Err(Problem::Unsupported(_))));
        assert!(matches!(of("'|O'", "(1,)"), Err(Problem::Unsupported(_))));
        assert!(matches!(of("'<f4'", "(-1,)"), Err(Problem::Malformed(_))));
        assert!(matches!(of("'<f4'", "1, 2"), Err(Problem::Malformed(_))));
        assert!(matches!(of("'<f4'", "(99999999999999999999999,)"), Err(Problem::Malformed(_))));
        assert!(matches!(of("'", "(1"), Err(Problem::Malformed(_) | Problem::Unsupported(_))));
        assert!(matches!(literal(""), Err(Problem::Malformed(_))));
    }
}
