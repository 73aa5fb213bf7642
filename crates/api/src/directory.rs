//! What is the same for everybody: countries, codelists, kinds of problem, and who the caller is.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::codelist::Codelist;
use pobratim_domain::country::CountryEntry;
use pobratim_domain::{Role, Scope, Slug, codelist, country};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{Answer, Tag};
use crate::contract::Schemas;
use crate::contract::operation::Operation;
use crate::ctx::{Ctx, unauthenticated};
use crate::problem::{ApiError, ApiResult, PROBLEMS};
use crate::query::Reader;
use crate::routes::{Body, Entry};

/// Who a credential belongs to and what it may do.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"key_id": "01890a5d-ac96-774b-bcce-b302099a8057", "owner": "City portal", "role": "editor", "municipality": "blagoveshchensk", "scopes": ["exchanges:write"]})))]
struct Me {
    /// The key.
    key_id: Uuid,
    /// Who answers for it.
    #[schema(max_length = 200, examples("City portal"))]
    owner: String,
    /// Its role.
    role: Role,
    /// The municipality it belongs to; absent for the operator's.
    municipality: Option<Slug>,
    /// When it ends by itself.
    expires_at: Option<pobratim_domain::Timestamp>,
    /// What it may do: collection and verb.
    #[schema(examples(json!(["exchanges:write"])))]
    scopes: Vec<String>,
}

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<Me>();
    schemas.add::<CountryEntry>();
    schemas.add::<Codelist>();
    schemas.add_page("CountryEntry", "All countries.", false);
    schemas.add_page("Codelist", "All codelists.", false);
    schemas.add_page("ProblemType", "All kinds of problem.", false);
}

pub(crate) fn routes() -> Vec<Entry> {
    let list = |id: &str, summary: &str, description: &str, page: &str| {
        Operation::new(id, "directory", summary, description)
            .open()
            .conditional()
            .answers("200", page, "All of them, on one page.", &["ETag"])
            .done()
    };
    let me = || {
        Operation::new(
            "get_me",
            "directory",
            "Get who you are",
            "Tells a caller which key it sent, and what that key may do.",
        )
        .secured("any key, whatever its role and scopes.")
        .answers("200", "Me", "The credential.", &[])
        .done()
    };
    let codelist = || {
        Operation::new(
            "get_codelist",
            "directory",
            "Get a codelist",
            "One codelist by its name: its codes with labels in Russian, English, Chinese, Japanese and Korean.",
        )
        .open()
        .path_parameter("codelist_name", "The list's name, such as fields.", &["fields"])
        .refused("404", "NotFound")
        .conditional()
        .answers("200", "Codelist", "The list.", &["ETag"])
        .done()
    };
    let problem = || {
        Operation::new(
            "get_problem_type",
            "directory",
            "Get a kind of problem",
            "What the `type` of a problem leads to: its status, what it means and what to do.",
        )
        .open()
        .path_parameter("problem_code", "The problem's code, such as stale.", &["stale"])
        .refused("404", "NotFound")
        .conditional()
        .answers("200", "ProblemType", "The kind of problem.", &["ETag"])
        .done()
    };
    vec![
        Entry::new(Method::GET, "/v1/me", Body::None, me, |ctx| async move { get_me(&ctx) }.boxed_local()),
        Entry::new(
            Method::GET,
            "/v1/countries",
            Body::None,
            move || {
                list(
                    "list_countries",
                    "List countries",
                    "ISO 3166-1 with names in Russian, English, Chinese, Japanese and Korean (Unicode CLDR), the abbreviations that offices use, and the group a country is counted under.",
                    "CountryEntryPage",
                )
            },
            |ctx| async move { list_countries(&ctx) }.boxed_local(),
        ),
        Entry::new(
            Method::GET,
            "/v1/codelists",
            Body::None,
            move || {
                list(
                    "list_codelists",
                    "List codelists",
                    "Fields of cooperation, instruments, goods, roles and the like, with labels in five languages. Open lists grow: take a code you do not know for what it is.",
                    "CodelistPage",
                )
            },
            |ctx| async move { list_codelists(&ctx) }.boxed_local(),
        ),
        Entry::new(Method::GET, "/v1/codelists/{codelist_name}", Body::None, codelist, |ctx| {
            async move { get_codelist(&ctx) }.boxed_local()
        }),
        Entry::new(
            Method::GET,
            "/v1/problems",
            Body::None,
            move || {
                list(
                    "list_problem_types",
                    "List kinds of problem",
                    "Every `code` a problem can have, with its status and what to do.",
                    "ProblemTypePage",
                )
            },
            |ctx| async move { list_problems(&ctx) }.boxed_local(),
        ),
        Entry::new(Method::GET, "/v1/problems/{problem_code}", Body::None, problem, |ctx| {
            async move { get_problem(&ctx) }.boxed_local()
        }),
    ]
}

fn get_me(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    let principal = ctx.principal.as_ref().ok_or_else(unauthenticated)?;
    let mut scopes = Vec::new();
    for collection in pobratim_domain::CollectionName::ALL {
        for verb in ["read", "create", "write", "delete", "approve"] {
            let scope = Scope { collection: *collection, verb };
            if principal.holds(scope) {
                scopes.push(scope.to_string());
            }
        }
    }
    let me = Me {
        key_id: principal.id(),
        owner: principal.key.body.owner.clone(),
        role: principal.role(),
        municipality: principal.municipality().cloned(),
        expires_at: principal.key.body.expires_at,
        scopes,
    };
    plain(&me)
}

/// What never changes while the program runs is its own tag.
fn plain(value: &impl Serialize) -> ApiResult<Answer> {
    let value = pobratim_domain::to_json(value).map_err(ApiError::defect)?;
    Ok(Answer::json(200, value.to_string()))
}

/// An answer that is the same for everybody as long as the program is.
pub(crate) fn fixed(value: &impl Serialize) -> ApiResult<Answer> {
    let answer = plain(value)?;
    let shape = answer.body.clone().unwrap_or_default();
    Ok(answer.tagged(Tag::new(0, "0", &[&shape])))
}

fn all(ctx: &Ctx, items: &[impl Serialize]) -> ApiResult<Answer> {
    let items = pobratim_domain::to_json(&items).map_err(ApiError::defect)?;
    let count = items.as_array().map_or(0, Vec::len);
    Reader::new(ctx).finish()?;
    fixed(&json!({"items": items, "page": {"limit": count, "total": count}}))
}

fn list_countries(ctx: &Ctx) -> ApiResult<Answer> {
    let entries: Vec<CountryEntry> = country::all().iter().map(CountryEntry::from).collect();
    all(ctx, &entries)
}

fn list_codelists(ctx: &Ctx) -> ApiResult<Answer> {
    all(ctx, codelist::all())
}

fn get_codelist(ctx: &Ctx) -> ApiResult<Answer> {
    let found = codelist::list(ctx.param("codelist_name")).ok_or_else(ApiError::not_found)?;
    Reader::new(ctx).finish()?;
    fixed(&found)
}

fn list_problems(ctx: &Ctx) -> ApiResult<Answer> {
    let items: Vec<Value> = PROBLEMS.iter().filter_map(|problem| serde_json::to_value(problem).ok()).collect();
    all(ctx, &items)
}

fn get_problem(ctx: &Ctx) -> ApiResult<Answer> {
    let code = ctx.param("problem_code");
    let found = PROBLEMS.iter().find(|problem| problem.code == code).ok_or_else(ApiError::not_found)?;
    Reader::new(ctx).finish()?;
    fixed(found)
}
