//! The text form of a graph, and Graphviz.
//!
//! ```text
//! %0 = input(batch=4, len=384, complex=false) : samples f32[4, 384]
//! %1 = segment(%0, len=256, hop=128, pad=none, drop_last=0) : frames f32[4, 2, 256]
//! %2 = fft(%1, n_fft=256, sides=auto, layout=block) : one-sided spectrum c32[4, 2, 129]
//! %3 = output(%2, name=spectrum, role=result)
//! ```
//!
//! One node per line: its id, the op with operands first and parameters after them, under the names of the JSON
//! form. What follows the closing parenthesis (the type) and lines that start with `#` are comments. A value
//! is a number, a word, or JSON.

mod dot;
mod parse;
mod print;

#[cfg(test)]
mod tests {
    use rlx_dsp::welch::PsdParams;

    use crate::builders::{WelchPeaksShape, psd, welch_peaks};
    use crate::graph::Graph;
    use crate::params::{Band, Mask, Rows};
    use crate::{Error, Op};

    #[test]
    fn standard_graphs_survive_the_text_form() {
        let shape = WelchPeaksShape::new(4, 256, 2, 16);
        for graph in
            [welch_peaks(&shape).unwrap(), psd(&PsdParams::new(16e3, 256), Rows::new(2, 4096)).unwrap()]
        {
            let text = graph.to_string();
            assert_eq!(text.parse::<Graph>().unwrap(), graph, "{text}");
        }
    }

    #[test]
    fn the_form_is_readable() {
        let text = "\
# a comment
%0 = input(batch=1, len=8)

%1 = segment(%0, len=8, hop=8) : anything
%2 = fft(%1, n_fft=8, keep={\"lo\":1,\"hi\":3})
%3 = spectral_mask(%2, mask={\"bins\":[1,2]})
%4 = output(%3, name=\"a b, )\")";
        let graph: Graph = text.parse().unwrap();
        assert!(graph.output("a b, )").is_some());
        assert!(matches!(graph.nodes()[2].op, Op::Fft { keep: Some(Band { lo: 1, hi: 3 }), .. }));
        assert!(matches!(&graph.nodes()[3].op, Op::SpectralMask { mask: Mask::Bins(b) } if b == &[1, 2]));
        let printed = graph.to_string();
        assert!(printed.contains("name=\"a b, )\""), "{printed}");
        assert!(printed.contains(": one-sided spectrum c32[1, 1, 5]"), "{printed}");
        assert_eq!(printed.parse::<Graph>().unwrap(), graph);
    }

    #[test]
    fn errors_have_a_place() {
        for (text, line, column) in [
            ("%0 = input(batch=1, len=8)\n%1 = nonsense(%0)", 2, 6),
            ("%1 = input(batch=1, len=8)", 1, 1),
            ("%0 = input(batch=1, len=)", 1, 25),
            ("%0 = input(batch=1", 1, 19),
            ("%0 = input(batch=1, batch=2)", 1, 21),
            ("hello", 1, 1),
            ("%0 = input(batch=-1, len=4)", 1, 6),
            ("%0 = input(batch=[[[, len=4)", 1, 18),
        ] {
            match text.parse::<Graph>() {
                Err(Error::Parse { line: l, column: c, .. }) => assert_eq!((l, c), (line, column), "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(matches!("%0 = top_k(%4, k=1)".parse::<Graph>(), Err(Error::Structure { .. })));
    }

    #[test]
    fn a_graph_that_does_not_type_check_still_prints() {
        let graph: Graph = "%0 = input(batch=1, len=8)\n%1 = top_k(%0, k=3)".parse().unwrap();
        assert!(graph.to_string().contains("%1 = top_k(%0, k=3)\n"));
        assert!(graph.to_dot().contains("top_k"));
    }

    #[test]
    fn graphviz_has_every_node_and_edge() {
        let graph = welch_peaks(&WelchPeaksShape::new(4, 256, 2, 16)).unwrap();
        let dot = graph.to_dot();
        assert!(dot.starts_with("digraph pipeline {") && dot.ends_with("}\n"));
        assert_eq!(dot.matches(" -> ").count(), graph.nodes().len() - 1);
        let odd: Graph = r#"%0 = input(batch=1, len=8)
            %1 = output(%0, name="a\"b\\")"#
            .parse()
            .unwrap();
        assert!(odd.to_dot().contains(r#"a\\\"b"#), "{}", odd.to_dot());
    }
}
