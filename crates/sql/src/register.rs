//! Registers all functions in a session.

use crate::signals::ReadSignal;
use crate::{aggregate, scalar, signals};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::prelude::SessionContext;
use std::fmt::Write;
use std::sync::Arc;

/// Returns the scalar functions.
pub fn scalar_functions() -> Vec<ScalarUDF> {
    scalar::ALL.iter().map(|function| function.udf()).collect()
}

/// Returns the aggregates.
pub fn aggregate_functions() -> Vec<AggregateUDF> {
    aggregate::ALL.iter().map(|function| function.udaf()).collect()
}

/// Registers every function of this crate.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use datafusion::prelude::SessionContext;
///
/// let ctx = SessionContext::new();
/// rlx_sql::register_all(&ctx);
/// let rows = ctx.sql("select welch_freqs(8.0, 4)").await?.collect().await?;
/// assert_eq!(rows[0].num_rows(), 1);
/// # Ok::<(), datafusion::common::DataFusionError>(()) }).unwrap();
/// ```
pub fn register_all(ctx: &SessionContext) {
    register_without_tables(ctx);
    ctx.register_udtf(signals::READ_SIGNAL.name, Arc::new(ReadSignal));
}

/// Registers the functions that do not depend on local files, as a cluster runs them.
pub fn register_without_tables(ctx: &SessionContext) {
    for function in scalar_functions() {
        ctx.register_udf(function);
    }
    for function in aggregate_functions() {
        ctx.register_udaf(function);
    }
}

/// Returns the reference of all functions in Markdown, made of their descriptors.
pub fn reference() -> String {
    let scalars = scalar::ALL.iter().map(|function| &function.descriptor);
    let aggregates = aggregate::ALL.iter().map(|function| &function.descriptor);
    let mut text = String::new();
    let sections: [(&str, Vec<_>); 3] = [
        ("Functions of a row", scalars.collect()),
        ("Aggregates", aggregates.collect()),
        ("Tables", vec![&signals::READ_SIGNAL]),
    ];
    for (title, functions) in sections {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "## {title}");
        for function in functions {
            let _ = writeln!(text, "\n### `{}`\n{}\n", function.syntax(), function.what);
            for argument in function.arguments {
                let _ = writeln!(text, "- `{}`: {}", argument.name, argument.text());
            }
            let _ = writeln!(text, "\n```sql\n{}\n```", function.example);
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
