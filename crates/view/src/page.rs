//! The source files of the page, for a server.

/// One file of the page.
#[derive(Debug, Clone, Copy)]
pub struct PageFile {
    /// Path relative to the address of the page; the page itself is `index.html`.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub content: &'static str,
}

macro_rules! files {
    ($($path:literal: $type:literal),* $(,)?) => {
        &[$(PageFile { path: $path, media_type: $type, content: include_str!(concat!("../page/", $path)) }),*]
    };
}

/// All files of the page; no other paths are served.
pub const FILES: &[PageFile] = files! {
    "index.html": "text/html; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "main.js": "text/javascript; charset=utf-8",
    "engine.js": "text/javascript; charset=utf-8",
    "source.js": "text/javascript; charset=utf-8",
    "view.js": "text/javascript; charset=utf-8",
    "tiles.js": "text/javascript; charset=utf-8",
    "picture.js": "text/javascript; charset=utf-8",
    "axes.js": "text/javascript; charset=utf-8",
    "colours.js": "text/javascript; charset=utf-8",
    "traces.js": "text/javascript; charset=utf-8",
    "input.js": "text/javascript; charset=utf-8",
    "selection.js": "text/javascript; charset=utf-8",
    "markers.js": "text/javascript; charset=utf-8",
    "export.js": "text/javascript; charset=utf-8",
    "player.js": "text/javascript; charset=utf-8",
    "format.js": "text/javascript; charset=utf-8",
    "vendor/uPlot.iife.min.js": "text/javascript; charset=utf-8",
    "vendor/uPlot.min.css": "text/css; charset=utf-8",
};

/// The parts of an HTML report, which its writer inserts inline.
pub mod report {
    /// Style of the report.
    pub const STYLE: &str = include_str!("../page/report/report.css");
    /// Script that draws the report from the JSON in the element `data` into the element `report`.
    pub const SCRIPT: &str = include_str!("../page/report/report.js");
    /// uPlot (MIT, Leon Sorokin), script, with its licence notice at the start.
    pub const UPLOT_SCRIPT: &str = include_str!("../page/vendor/uPlot.iife.min.js");
    /// uPlot's style.
    pub const UPLOT_STYLE: &str = include_str!("../page/vendor/uPlot.min.css");
}
