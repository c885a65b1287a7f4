//! Runs the statements of a query, the last one into the output.

use super::flags::{Flags, Target};
use super::output::Output;
use super::progress::Progress;
use anyhow::{Context, Result, bail};
use datafusion::physical_plan::{displayable, execute_stream};
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::sql::parser::DFParser;
use futures::StreamExt;
use std::io::{Read, Write};

/// Runs the query of the flags.
pub(super) async fn run(ctx: &SessionContext, flags: &Flags, target: &Target) -> Result<()> {
    let sql = match flags.sql.as_deref() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("standard input")?;
            text
        }
        Some(text) => text.to_owned(),
        None => bail!("there is no query"),
    };
    let mut statements = DFParser::parse_sql(&sql)?;
    let Some(last) = statements.pop_back() else { bail!("the query is empty") };
    for statement in statements {
        let plan = ctx.state().statement_to_plan(statement).await?;
        ctx.execute_logical_plan(plan).await?.collect().await?;
    }
    let plan = ctx.state().statement_to_plan(last).await?;
    let frame = ctx.execute_logical_plan(plan).await?;
    if flags.plan { show(frame).await } else { execute(frame, flags, target).await }
}

async fn show(frame: DataFrame) -> Result<()> {
    let logical = frame.clone().into_optimized_plan()?;
    let physical = frame.create_physical_plan().await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}\n\n{}", logical.display_indent(), displayable(physical.as_ref()).indent(false))?;
    Ok(())
}

async fn execute(frame: DataFrame, flags: &Flags, target: &Target) -> Result<()> {
    let context = frame.task_ctx();
    let plan = frame.create_physical_plan().await?;
    let progress = Progress::new(&plan, flags.quiet);
    let mut stream = execute_stream(plan, context.into())?;
    let mut output = Output::open(target, &stream.schema())?;
    let work = async {
        while let Some(batch) = stream.next().await {
            output.write(&batch?)?;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        done = work => done?,
        () = progress.watch() => {}
    }
    progress.finish();
    let rows = output.rows();
    let note = output.finish()?;
    if !flags.quiet {
        if let Some(note) = note {
            eprintln!("note: {note}");
        }
        if let Some(path) = &target.path {
            eprintln!("{}: {rows} rows", path.display());
        }
    }
    Ok(())
}
