//! Printing.

use std::fmt;

use serde_json::Value;

use crate::graph::{Graph, Node, NodeId};
use crate::op::{Op, OpKind};

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types = self.infer().ok();
        for (id, node) in self.iter() {
            let NodeId(index) = id;
            write!(f, "{id} = {}", call(node))?;
            match types.as_ref().and_then(|t| t.get(index)) {
                Some(ty) if node.op.kind() != OpKind::Output => writeln!(f, " : {ty}")?,
                _ => writeln!(f)?,
            }
        }
        Ok(())
    }
}

/// `op(%1, name=value, …)`.
pub(super) fn call(node: &Node) -> String {
    let operands = node.inputs.iter().map(ToString::to_string);
    let parameters = parameters(&node.op).into_iter().map(|(name, value)| format!("{name}={value}"));
    let all: Vec<String> = operands.chain(parameters).collect();
    format!("{}({})", node.op.kind(), all.join(", "))
}

/// Returns the names and printed values of an op's parameters, as serde sees them.
pub(super) fn parameters(op: &Op) -> Vec<(String, String)> {
    match serde_json::to_value(op) {
        Ok(Value::Object(map)) => {
            map.into_iter().filter(|(name, _)| name != "op").map(|(name, v)| (name, value(&v))).collect()
        }
        // Ops are structs of plain values, which always serialise; keep printing total all the same.
        _ => Vec::new(),
    }
}

fn value(v: &Value) -> String {
    match v {
        Value::String(s) if is_word(s) => s.clone(),
        other => other.to_string(),
    }
}

/// Returns whether a string may stand without quotes: it cannot be taken for another JSON value.
pub(super) fn is_word(s: &str) -> bool {
    s.starts_with(|c: char| c.is_ascii_alphabetic())
        && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.'))
        && !matches!(s, "true" | "false" | "null")
}
