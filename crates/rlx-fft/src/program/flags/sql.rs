//! `sql`: passes its arguments to another program.

use clap::Args;
use std::ffi::OsString;

/// Flags of `sql`; `rlx-fft-sql` reads them.
#[derive(Debug, Clone, Args)]
#[command(
    disable_help_flag = true,
    after_help = "Examples:
  rlx-fft sql \"select device, welch_peaks(array_agg(v order by ts), 1000.0, 1024, 5) from 'data/*.parquet' group by device\"
  rlx-fft sql --functions"
)]
pub(crate) struct SqlFlags {
    /// The query and the flags of rlx-fft-sql: -f FORMAT, -o FILE, --plan, --cluster HOST:PORT, --functions, --help
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    pub(crate) args: Vec<OsString>,
}
