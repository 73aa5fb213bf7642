//! Waiting for what is still to come, as far as a client asks for it by `Prefer`.

use std::time::Duration;

use crate::answer::Answer;
use crate::ctx::Ctx;
use crate::problem::ApiResult;

/// How often somebody who waits for work to be done looks at it.
const LOOK: Duration = Duration::from_millis(100);
/// The longest wait.
const MOST: Duration = Duration::from_secs(60);

/// Tells of work that is done beside requests: at once when it is not being worked on, or else when it no longer
/// is, or when the caller wants to wait no longer. What is read is the answer, and whether it still goes on.
pub(crate) async fn told_when_done(ctx: &Ctx, read: impl AsyncFn() -> ApiResult<(Answer, bool)>) -> ApiResult<Answer> {
    let deadline = tokio::time::Instant::now() + wait_wanted(ctx);
    let mut stopping = ctx.api.stopping();
    loop {
        let (answer, goes_on) = read().await?;
        let is_over = *stopping.borrow_and_update() || tokio::time::Instant::now() >= deadline;
        if !goes_on || is_over {
            return Ok(answer);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// How long a caller wants to wait: `Prefer: wait=20`, in seconds (RFC 7240, section 4.3).
pub(crate) fn wait_wanted(ctx: &Ctx) -> Duration {
    let wishes = ctx.header("Prefer").unwrap_or_default().split(',');
    let wait =
        wishes.filter_map(|wish| wish.trim().strip_prefix("wait=")).find_map(|seconds| seconds.parse::<u64>().ok());
    Duration::from_secs(wait.unwrap_or(0)).min(MOST)
}
