//! Parsing.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::print::is_word;
use crate::error::{Error, Result};
use crate::graph::{Graph, NodeId};
use crate::op::Op;

impl FromStr for Graph {
    type Err = Error;

    /// Reads the text form.
    ///
    /// # Errors
    /// [`Error::Parse`] with line and column; [`Error::Structure`] as [`Graph::from_nodes`].
    fn from_str(text: &str) -> Result<Self> {
        let mut graph = Self::new();
        for (index, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let content = line.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let mut cursor = Cursor { line: index + 1, text: line, at: indent };
            let expected = NodeId(graph.nodes().len());
            let (op, inputs) = cursor.node(expected)?;
            graph.push(op, &inputs)?;
        }
        Ok(graph)
    }
}

/// A place in one line.
struct Cursor<'a> {
    line: usize,
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn fail<T>(&self, at: usize, reason: impl Into<String>) -> Result<T> {
        Err(Error::Parse { line: self.line, column: at + 1, reason: reason.into() })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Skips spaces, then takes `token` when it is next.
    fn take(&mut self, token: char) -> bool {
        self.skip_spaces();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len_utf8();
        }
        found
    }

    fn expect(&mut self, token: char) -> Result<()> {
        if self.take(token) { Ok(()) } else { self.fail(self.at, format!("expected `{token}`")) }
    }

    /// Returns the characters up to the first that `ok` refuses.
    fn span(&mut self, ok: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !ok(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn id(&mut self) -> Result<NodeId> {
        self.skip_spaces();
        let start = self.at;
        self.expect('%')?;
        match self.span(|c| c.is_ascii_digit()).parse() {
            Ok(index) => Ok(NodeId(index)),
            Err(_) => self.fail(start, "expected a node such as %0"),
        }
    }

    /// `%N = op(%operand, …, name=value, …)`.
    fn node(&mut self, expected: NodeId) -> Result<(Op, Vec<NodeId>)> {
        let start = self.at;
        let id = self.id()?;
        if id != expected {
            return self.fail(start, format!("nodes are numbered in order: expected {expected}, got {id}"));
        }
        self.expect('=')?;
        self.skip_spaces();
        let name_at = self.at;
        let name = self.span(|c| c.is_ascii_alphanumeric() || c == '_');
        self.expect('(')?;
        let mut inputs = Vec::new();
        let mut fields = Map::new();
        fields.insert("op".to_owned(), Value::String(name.to_owned()));
        let mut first = true;
        while !self.take(')') {
            if !first {
                self.expect(',')?;
            }
            first = false;
            self.skip_spaces();
            if self.rest().starts_with('%') {
                inputs.push(self.id()?);
            } else {
                self.field(&mut fields)?;
            }
        }
        match serde_json::from_value(Value::Object(fields)) {
            Ok(op) => Ok((op, inputs)),
            Err(e) => self.fail(name_at, format!("{name}: {e}")),
        }
    }

    /// `name=value`.
    fn field(&mut self, fields: &mut Map<String, Value>) -> Result<()> {
        let start = self.at;
        let name = self.span(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() {
            return self.fail(start, "expected an operand, name=value or `)`");
        }
        self.expect('=')?;
        self.skip_spaces();
        let value = self.value()?;
        if fields.insert(name.to_owned(), value).is_some() {
            return self.fail(start, format!("parameter {name} is given twice"));
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value> {
        let start = self.at;
        let word = self.rest().split([',', ')', ' ']).next().unwrap_or("");
        if is_word(word) {
            self.at += word.len();
            return Ok(Value::String(word.to_owned()));
        }
        if !self.rest().starts_with(['"', '[', '{']) {
            self.at += word.len();
            return match serde_json::from_str(word) {
                Ok(value) => Ok(value),
                Err(_) => self.fail(start, format!("expected a value, got `{word}`")),
            };
        }
        let mut stream = serde_json::Deserializer::from_str(self.rest()).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                self.at += stream.byte_offset();
                Ok(value)
            }
            Some(Err(e)) => self.fail(start, format!("expected a value: {e}")),
            None => self.fail(start, "expected a value"),
        }
    }
}
