//! Graphviz.

use std::fmt::Write;

use super::print::parameters;
use crate::graph::Graph;
use crate::op::OpKind;

impl Graph {
    /// Returns the graph in Graphviz' `dot` language; a node shows its parameters, an edge the type of its value.
    pub fn to_dot(&self) -> String {
        let types = self.infer().ok();
        let mut dot = String::from("digraph pipeline {\n  node [shape=box, fontname=\"monospace\"];\n");
        for (id, node) in self.iter() {
            let mut label = node.op.kind().to_string();
            for (name, value) in parameters(&node.op) {
                label.push_str(&format!("\n{name}={value}"));
            }
            let shape = match node.op.kind() {
                OpKind::Input | OpKind::Output => ", shape=ellipse",
                _ => "",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(dot, "  n{} [label=\"{}\"{shape}];", id.0, escape(&label));
            for input in &node.inputs {
                let ty = types.as_ref().and_then(|t| t.get(input.0)).map(ToString::to_string);
                let ty = escape(&ty.unwrap_or_default());
                let _ = writeln!(dot, "  n{} -> n{} [label=\"{ty}\"];", input.0, id.0);
            }
        }
        dot.push_str("}\n");
        dot
    }
}

fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
