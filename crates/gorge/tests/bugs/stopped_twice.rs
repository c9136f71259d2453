//! `stop` closes without looking whether somebody has stopped already.

use gorge::sync::Once;
use gorge::{Chan, go};
use std::sync::Arc;

struct Server {
    quit: Chan<()>,
    stopped: Once,
}

impl Server {
    fn stop(&self, mended: bool) {
        if mended {
            self.stopped.call_once(|| self.quit.close());
        } else {
            self.quit.close();
        }
    }
}

pub(crate) fn run(mended: bool) {
    let server = Arc::new(Server { quit: Chan::new(0), stopped: Once::new() });
    let theirs = server.clone();
    let on_error = go(move || theirs.stop(mended));
    server.stop(mended);
    on_error.join().unwrap_or_else(|error| error.resume());
}
