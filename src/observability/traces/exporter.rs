//! Traces of calls, exported to an OpenTelemetry collector: one span for each call, without any parameters.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Status, TracerProvider};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::field::Empty;
use tracing::{Span, Subscriber, trace_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::config;
use crate::network;
use crate::observability::current_call::CurrentCall;
use crate::observability::metrics;

const NAME: &str = "whmcs-api";
/// Time limit for exporting a batch of spans.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether traces are exported.
static IS_ENABLED: AtomicBool = AtomicBool::new(false);

/// Exports the spans of calls until stopped.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts the export if the settings have a URL for it.
    pub fn begin(settings: &config::Traces, runtime: Handle) -> anyhow::Result<Option<Traces>> {
        if settings.url.is_empty() {
            return Ok(None);
        }
        let http = network::http_client().context("creating the HTTP client for traces")?;
        let exporter = SpanExporter::builder().with_http().with_http_client(Client { http, runtime });
        let exporter = exporter.with_endpoint(&settings.url).build().context("traces.url")?;
        let sampler = Sampler::TraceIdRatioBased(f64::from(settings.percent) / 100.0);
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_service_name(NAME).build())
            .with_sampler(Sampler::ParentBased(Box::new(sampler)))
            .with_batch_exporter(exporter)
            .build();
        IS_ENABLED.store(true, Ordering::Relaxed);
        Ok(Some(Traces(provider)))
    }

    /// The layer that exports the spans of calls, and no spans of statements or other libraries.
    pub fn layer<S: Subscriber + for<'s> LookupSpan<'s>>(&self) -> impl Layer<S> {
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer(NAME));
        let layer = layer.with_location(false).with_threads(false).with_tracked_inactivity(false);
        layer
            .with_target(false)
            .with_level(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == module_path!()))
    }

    /// Exports the remaining spans and stops.
    pub fn finish(self) {
        let _ = self.0.shutdown_with_timeout(EXPORT_TIMEOUT);
    }
}

/// The span of a call if traces are enabled; it belongs to the caller's trace if they sent a `traceparent`.
pub fn span(call: &CurrentCall, parent: Option<&str>) -> Span {
    if !IS_ENABLED.load(Ordering::Relaxed) {
        return Span::none();
    }
    let span = trace_span!(
        "call",
        id = call.id,
        action = call.action.as_deref(),
        outcome = Empty,
        attempts = Empty,
        otel.name = call.action.as_deref().unwrap_or("unknown action"),
        otel.kind = "server"
    );
    if let Some(parent) = parent {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Header(parent));
        let _ = span.set_parent(parent);
    }
    span
}

/// Records the outcome of the call in the current span, and marks it as an error if an operator should look at it.
pub fn record_outcome(outcome: &'static str, attempts: u32) {
    if !IS_ENABLED.load(Ordering::Relaxed) {
        return;
    }
    let span = Span::current();
    span.record("outcome", outcome).record("attempts", attempts);
    if metrics::is_failure(outcome) {
        span.set_status(Status::error(outcome));
    }
}

/// The only header that is propagated.
struct Header<'h>(&'h str);

impl Extractor for Header<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// The exporter has a thread of its own, outside the runtime that connections need.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (http, mut request) = (self.http.clone(), reqwest::Request::try_from(request)?);
        *request.timeout_mut() = Some(EXPORT_TIMEOUT);
        let sent = self.runtime.spawn(async move {
            let response = http.execute(request).await?;
            let builder = Response::builder().status(response.status());
            Ok::<_, HttpError>(builder.body(response.bytes().await?)?)
        });
        sent.await?
    }
}
