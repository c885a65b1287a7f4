//! A shader's text: a prelude of constants, then the stages that it needs.

use std::fmt::Write as _;

use super::recipe::Recipe;
use super::unroll::{Constants, unroll};
use crate::error::Result;
use crate::session::SampleFormat;

/// The text of a stage, which is compiled into the program.
macro_rules! stage {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/kernels/", $name, ".wgsl"))
    };
}
pub(super) use stage;

/// A shader under construction.
#[derive(Debug, Default)]
pub(super) struct Source {
    constants: Constants,
    prelude: String,
    body: String,
}

impl Source {
    /// Adds a `u32` constant.
    pub(super) fn count(&mut self, name: &'static str, value: usize) -> &mut Self {
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        self.constants.insert(name, value);
        let _ = writeln!(self.prelude, "const {name}: u32 = {value}u;");
        self
    }

    /// Adds an `i32` constant.
    pub(super) fn integer(&mut self, name: &str, value: isize) -> &mut Self {
        let value = i32::try_from(value).unwrap_or(i32::MIN);
        let _ = writeln!(self.prelude, "const {name}: i32 = {value};");
        self
    }

    /// Adds an `f32` constant, exactly.
    pub(super) fn number(&mut self, name: &str, value: f32) -> &mut Self {
        let _ = writeln!(self.prelude, "const {name}: f32 = {value:e}f;");
        self
    }

    /// Adds a switch.
    pub(super) fn switch(&mut self, name: &str, on: bool) -> &mut Self {
        let _ = writeln!(self.prelude, "const {name}: bool = {on};");
        self
    }

    /// Adds a stage.
    pub(super) fn stage(&mut self, text: &str) -> &mut Self {
        self.body.push_str(text);
        self.body.push('\n');
        self
    }

    /// Adds `sample(at)` for samples of this type.
    pub(super) fn samples(&mut self, format: SampleFormat) -> &mut Self {
        self.stage(match format {
            SampleFormat::F32 => stage!("load_f32"),
            SampleFormat::I16 => stage!("load_i16"),
            SampleFormat::F16 => stage!("load_f16"),
        })
    }

    /// Adds the transform: constants N, R, T, the passes, and `transform(t, base)`, which calls them in order.
    pub(super) fn transform(&mut self, recipe: &Recipe, in_turn: bool) -> &mut Self {
        self.count("N", recipe.n).count("R", recipe.points).count("T", recipe.threads());
        self.stage(if in_turn { stage!("memory_words") } else { stage!("memory_pairs") })
            .stage(stage!("fft"));
        let exchange = if in_turn { stage!("exchange_in_turn") } else { stage!("exchange") };
        let mut seen: Vec<usize> = Vec::new();
        for &radix in &recipe.radices {
            if !seen.contains(&radix) {
                seen.push(radix);
                for text in [stage!("stage"), exchange] {
                    self.stage(&text.replace("RADIX", &radix.to_string()));
                }
            }
        }
        let mut body = String::from("fn transform(t: u32, base: u32) {\n");
        for (radix, stride, table) in recipe.passes() {
            let _ = writeln!(body, "    stage_{radix}(t, {stride}u, {table}u);");
            if radix * stride < recipe.n {
                let _ = writeln!(body, "    exchange_{radix}(t, base, {stride}u);");
            }
        }
        self.stage(&(body + "}"))
    }

    /// Returns the whole text.
    pub(super) fn finish(&self) -> Result<String> {
        Ok(format!("{}\n{}", self.prelude, unroll(&self.body, &self.constants)?))
    }
}
