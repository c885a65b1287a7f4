//! Thrift's compact protocol, as far as sizes must be checked before a library allocates for them.

/// Deepest nesting of Thrift values, and of columns in a schema.
const DEPTH: usize = 32;
const SCHEMA_DEPTH: usize = 64;
/// Bytes that an element of a long list of structures has at least, on average.
const ELEMENT: usize = 3;

/// Reasons why bytes are not a valid structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// More bytes are needed.
    Short,
    /// The bytes violate the protocol.
    Bad(&'static str),
}

type Result<T> = std::result::Result<T, Problem>;

/// Types of the protocol.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// A cursor over bytes of the protocol.
pub(super) struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Compact<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Returns the number of bytes taken.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, count: usize) -> Result<()> {
        if count > self.left() {
            return Err(Problem::Short);
        }
        self.at += count;
        Ok(())
    }

    fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or(Problem::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Problem::Bad("a number of more than 64 bits"))
    }

    fn length(&mut self) -> Result<usize> {
        usize::try_from(self.varint()?).map_err(|_| Problem::Bad("a length that does not fit into memory"))
    }

    fn integer(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Calls `work` with the number and type of each field of a structure; it takes the value or returns false.
    pub(super) fn fields(
        &mut self,
        depth: usize,
        work: &mut dyn FnMut(&mut Self, i64, u8) -> Result<bool>,
    ) -> Result<()> {
        let mut id = 0i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            id = if head >> 4 == 0 { self.integer()? } else { id.saturating_add(i64::from(head >> 4)) };
            let kind = head & 15;
            if !work(self, id, kind)? {
                self.skip(kind, depth)?;
            }
        }
    }

    /// Takes an integer field.
    pub(super) fn number(&mut self, kind: u8) -> Result<i64> {
        match kind {
            I16 | I32 | I64 => self.integer(),
            BYTE => Ok(i64::from(self.byte()?)),
            _ => Err(Problem::Bad("a field of another type than an integer")),
        }
    }

    /// Takes the fields of a nested structure.
    pub(super) fn nested(
        &mut self,
        kind: u8,
        work: &mut dyn FnMut(&mut Self, i64, u8) -> Result<bool>,
    ) -> Result<()> {
        if kind != STRUCT {
            return Err(Problem::Bad("a field of another type than a structure"));
        }
        self.fields(1, work)
    }

    /// Returns the value of a boolean field, which its type contains.
    pub(super) fn boolean(kind: u8) -> Result<bool> {
        match kind {
            TRUE => Ok(true),
            FALSE => Ok(false),
            _ => Err(Problem::Bad("a field of another type than a boolean")),
        }
    }

    fn list(&mut self) -> Result<(usize, u8)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.length()? } else { usize::from(head >> 4) };
        // Every element has at least one byte.
        if count > self.left() {
            return Err(Problem::Short);
        }
        Ok((count, head & 15))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Result<()> {
        if depth > DEPTH {
            return Err(Problem::Bad("structures are nested too deeply"));
        }
        match kind {
            TRUE | FALSE => Ok(()),
            BYTE => self.take(1),
            I16 | I32 | I64 => self.varint().map(|_| ()),
            DOUBLE => self.take(8),
            UUID => self.take(16),
            BINARY => {
                let length = self.length()?;
                self.take(length)
            }
            LIST | SET => {
                let (count, element) = self.list()?;
                let start = self.at;
                for _ in 0..count {
                    self.element(element, depth)?;
                }
                self.dense(count, element, start)
            }
            MAP => {
                let count = self.length()?;
                if count == 0 {
                    return Ok(());
                }
                if count > self.left() {
                    return Err(Problem::Short);
                }
                let kinds = self.byte()?;
                for _ in 0..count {
                    self.element(kinds >> 4, depth)?;
                    self.element(kinds & 15, depth)?;
                }
                Ok(())
            }
            STRUCT => self.fields(depth + 1, &mut |_, _, _| Ok(false)),
            _ => Err(Problem::Bad("an unknown type")),
        }
    }

    /// Skips an element of a list; a boolean has a byte there.
    fn element(&mut self, kind: u8, depth: usize) -> Result<()> {
        if matches!(kind, TRUE | FALSE) { self.take(1) } else { self.skip(kind, depth + 1) }
    }

    /// Refuses a long list of nearly empty structures, which are large in memory.
    fn dense(&self, count: usize, element: u8, start: usize) -> Result<()> {
        if element == STRUCT && count > 64 && self.at - start < ELEMENT * count {
            return Err(Problem::Bad("a long list of empty structures"));
        }
        Ok(())
    }
}

/// Checks that the metadata of a file claim nothing that their bytes do not contain.
pub(super) fn check_metadata(bytes: &[u8]) -> Result<()> {
    let mut cursor = Compact::new(bytes);
    cursor.fields(0, &mut |cursor, id, kind| {
        if id != 2 || kind != LIST {
            return Ok(false);
        }
        let (count, element) = cursor.list()?;
        let start = cursor.at;
        if element != STRUCT {
            return Err(Problem::Bad("a schema of another type than structures"));
        }
        check_schema(cursor, count)?;
        cursor.dense(count, element, start)?;
        Ok(true)
    })
}

/// Checks the depth of a schema, which is a list of its elements in depth-first order.
fn check_schema(cursor: &mut Compact<'_>, count: usize) -> Result<()> {
    // For each open group, its elements that are still to come.
    let mut open: Vec<i64> = Vec::new();
    for _ in 0..count {
        let mut children = 0;
        cursor.fields(1, &mut |cursor, id, kind| {
            if id == 5 {
                children = cursor.number(kind)?;
            }
            Ok(id == 5)
        })?;
        if children < 0 || children as u64 > count as u64 {
            return Err(Problem::Bad("a group of the schema claims more columns than there are"));
        }
        if let Some(last) = open.last_mut() {
            *last -= 1;
        }
        if children > 0 {
            open.push(children);
        }
        while open.last().is_some_and(|left| *left <= 0) {
            open.pop();
        }
        if open.len() > SCHEMA_DEPTH {
            return Err(Problem::Bad("columns are nested too deeply"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_without_bytes_are_refused() {
        // Field 2 (the schema): a list of 2^31 structures.
        let claim = [0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0];
        assert_eq!(check_metadata(&claim), Err(Problem::Short));
        // Structures without fields: large in memory, one byte each.
        let mut empty = vec![0x49, 0xfc, 0xe8, 0x07];
        empty.extend([0; 1001]);
        assert!(matches!(check_metadata(&empty), Err(Problem::Bad(_))));
        // Nesting in nesting.
        let deep = vec![0x1c; 10_000];
        assert!(matches!(check_metadata(&deep), Err(Problem::Bad(_))));
        assert_eq!(check_metadata(&[0]), Ok(()));
    }

    #[test]
    fn schemas_of_deep_groups_are_refused() {
        // Each element: name "a" (field 4), one child (field 5).
        let element = [0x48, 1, b'a', 0x15, 2, 0];
        let mut deep = vec![0x29, 0xfc, 200, 1];
        deep.extend(element.iter().cycle().take(6 * 200));
        deep.push(0);
        assert_eq!(check_metadata(&deep), Err(Problem::Bad("columns are nested too deeply")));
    }
}
