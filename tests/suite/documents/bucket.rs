//! Files in a bucket: the same, on a store that speaks as much of S3 as is needed here. What real
//! stores do beyond that is theirs; how they are spoken to is `object_store`'s.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App as ActixApp, HttpRequest, HttpResponse, HttpServer, web};
use pobratim_api::Settings;
use pobratim_files::{Files, Place};
use pobratim_tests::{App, Store, municipality};
use serde_json::json;
use uuid::Uuid;

use super::{PDF, document, noise, put};

/// What lies in the store: files by their names, and uploads in parts by their numbers.
#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Vec<u8>>,
    uploads: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    begun: u32,
    aborted: u32,
}

type Shared = web::Data<Mutex<Bucket>>;

async fn answer(request: HttpRequest, body: web::Bytes, bucket: Shared) -> HttpResponse {
    let mut bucket = bucket.lock().unwrap();
    assert!(request.headers().contains_key("authorization"), "requests are signed");
    let key = request.path().trim_start_matches("/city-files").trim_start_matches('/').to_owned();
    let query = web::Query::<BTreeMap<String, String>>::from_query(request.query_string()).unwrap();
    let upload = query.get("uploadId").cloned();
    let xml = |text: String| HttpResponse::Ok().content_type("application/xml").body(text);
    match (request.method().as_str(), upload) {
        ("POST", None) if query.contains_key("uploads") => {
            bucket.begun += 1;
            let id = bucket.begun.to_string();
            bucket.uploads.insert(id.clone(), BTreeMap::new());
            xml(format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"))
        }
        ("PUT", Some(upload)) => {
            let part = query["partNumber"].parse().unwrap();
            bucket.uploads.get_mut(&upload).unwrap().insert(part, body.to_vec());
            HttpResponse::Ok().insert_header(("ETag", format!("\"{part}\""))).finish()
        }
        ("POST", Some(upload)) => {
            let parts = bucket.uploads.remove(&upload).unwrap();
            let last = parts.len() - 1;
            assert!(parts.values().take(last).all(|part| part.len() >= 5 << 20), "S3 takes no smaller parts");
            bucket.objects.insert(key, parts.into_values().collect::<Vec<_>>().concat());
            xml("<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>".to_owned())
        }
        ("DELETE", Some(upload)) => {
            bucket.uploads.remove(&upload).unwrap();
            bucket.aborted += 1;
            HttpResponse::NoContent().finish()
        }
        ("PUT", None) => {
            bucket.objects.insert(key, body.to_vec());
            HttpResponse::Ok().insert_header(("ETag", "\"small\"")).finish()
        }
        ("POST", None) if query.contains_key("delete") => {
            let text = String::from_utf8(body.to_vec()).unwrap();
            let named = text.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap());
            let deleted: Vec<String> = named
                .map(|key| {
                    bucket.objects.remove(key);
                    format!("<Deleted><Key>{key}</Key></Deleted>")
                })
                .collect();
            xml(format!("<DeleteResult>{}</DeleteResult>", deleted.concat()))
        }
        ("GET", None) if query.contains_key("list-type") => {
            let found = bucket.objects.iter().filter(|(key, _)| key.starts_with(&query["prefix"]));
            let entries: Vec<String> = found
                .map(|(key, object)| {
                    format!("<Contents><Key>{key}</Key><LastModified>2011-09-05T01:30:00.000Z</LastModified><ETag>\"x\"</ETag><Size>{}</Size></Contents>", object.len())
                })
                .collect();
            xml(format!("<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>", entries.concat()))
        }
        ("GET" | "HEAD", None) => read(&request, bucket.objects.get(&key)),
        (method, _) => panic!("{method} {} is not spoken here", request.uri()),
    }
}

fn read(request: &HttpRequest, object: Option<&Vec<u8>>) -> HttpResponse {
    let Some(object) = object else { return HttpResponse::NotFound().finish() };
    let mut response = HttpResponse::Ok();
    response.insert_header(("ETag", "\"x\"")).insert_header(("Last-Modified", "Mon, 05 Sep 2011 01:30:00 GMT"));
    let range = request.headers().get("range").map(|range| range.to_str().unwrap());
    let Some(range) = range.and_then(|range| range.strip_prefix("bytes=")) else {
        return response.body(object.clone());
    };
    let (first, last) = range.split_once('-').unwrap();
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    response.status(actix_web::http::StatusCode::PARTIAL_CONTENT);
    response.insert_header(("Content-Range", format!("bytes {first}-{last}/{}", object.len())));
    response.body(object[first..=last].to_vec())
}

/// Serves a bucket on a free port, on a thread of its own, until the process ends.
fn serve(bucket: Arc<Mutex<Bucket>>) -> String {
    let (say, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let bucket = Shared::from(bucket);
            let app = move || {
                ActixApp::new()
                    .app_data(bucket.clone())
                    .app_data(web::PayloadConfig::new(16 << 20))
                    .default_service(web::to(answer))
            };
            let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
            say.send(format!("http://{}", server.addrs()[0])).unwrap();
            server.run().await.unwrap();
        });
    });
    hear.recv().unwrap()
}

fn files(endpoint: &str) -> Files {
    let settings = [
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Files::at("s3://city-files/pobratim".parse::<Place>().unwrap(), settings).unwrap()
}

/// An app with the city, whose files lie there.
async fn app(files: Files) -> App {
    let app = App::start_with(Store::new().await, Settings { files, ..Settings::default() }).await;
    app.create("municipalities", &app.operator().await, municipality("blagoveshchensk")).await;
    app
}

#[tokio::test]
async fn files_lie_in_a_bucket_as_well() {
    let bucket: Arc<Mutex<Bucket>> = Arc::default();
    let files = files(&serve(bucket.clone()));
    let app = app(files.clone()).await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({"visibility": "public"})).await;
    let content = format!("{path}/content");
    let large = noise((11 << 20) + 7);

    let small = put(&app, &editor, &path, &tag, PDF).send().await.expect(200);
    let id = small.json["content"]["id"].as_str().unwrap().to_owned();
    assert_eq!(bucket.lock().unwrap().objects.keys().collect::<Vec<_>>(), [&format!("pobratim/{id}")]);
    assert_eq!(app.get(&content).send().await.expect(200).bytes, PDF);

    put(&app, &editor, &path, small.tag(), &large).send().await.expect(200);
    assert!(app.get(&content).send().await.expect(200).bytes == large);
    let part = app.get(&content).header("Range", "bytes=5242878-5242882").send().await.expect(206);
    assert_eq!(part.bytes, large[5_242_878..=5_242_882]);

    let wrong = put(&app, &editor, &path, "*", &large);
    let wrong = wrong.header("Content-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:");
    wrong.send().await.expect_problem(400, "invalid_parameter");
    let aborted = async {
        while bucket.lock().unwrap().aborted == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), aborted).await.unwrap();
    assert!(bucket.lock().unwrap().uploads.is_empty());

    let id: Uuid = id.parse().unwrap();
    assert_eq!(files.older_than(Duration::ZERO).await.unwrap().len(), 2);
    assert_eq!(usize::try_from(files.size(id).await.unwrap()), Ok(PDF.len()));
    files.remove(id).await.unwrap();
    assert!(matches!(files.size(id).await, Err(pobratim_files::Error::Missing(_))));
    files.remove(id).await.unwrap();
    assert_eq!(bucket.lock().unwrap().objects.len(), 1);
}

#[tokio::test]
async fn a_store_that_is_gone_is_told_and_nothing_is_changed() {
    let bucket: Arc<Mutex<Bucket>> = Arc::default();
    let there = files(&serve(bucket.clone()));
    // Nobody listens there any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let app = app(files(&format!("http://{closed}"))).await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({"visibility": "public"})).await;
    for file in [PDF.to_vec(), noise(6 << 20)] {
        let refused = put(&app, &editor, &path, &tag, &file).send().await.expect_problem(503, "not_written");
        assert_eq!(refused.header("retry-after"), "1");
    }
    // Another replica has the right address.
    let settings = Settings { files: there, ..Settings::default() };
    let api = pobratim_api::Api::new(app.database.clone(), settings).unwrap();
    assert_eq!(upload(&api, &editor, &path, &tag).await, 200);
    app.get(&format!("{path}/content")).send().await.expect_problem(503, "unavailable");
    app.request("HEAD", &format!("{path}/content")).send().await.expect(200);
}

/// Uploads by way of another server.
async fn upload(api: &pobratim_api::Api, key: &str, path: &str, tag: &str) -> u16 {
    let (address, stop) = pobratim_tests::listen(api);
    let client = pobratim_tests::client(Duration::from_secs(30));
    let request = client.put(format!("http://{address}{path}/content")).bearer_auth(key).header("If-Match", tag);
    let status = request.body(PDF.to_vec()).send().await.unwrap().status().as_u16();
    stop.stop(false).await;
    status
}
