// A client of the demo, written against what OpenAPI Generator makes for Java (library `native`).
// Each step checks what it was answered and prints one line.

import java.net.http.HttpRequest;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.ApiResponse;
import org.openapitools.client.api.ExchangesApi;
import org.openapitools.client.api.PlacesApi;
import org.openapitools.client.model.*;

public class Program {
    public static void main(String[] arguments) throws Exception {
        ApiClient client = new ApiClient();
        client.updateBaseUri(System.getenv("POBRATIM_URL"));
        String key = System.getenv("POBRATIM_KEY");
        client.setRequestInterceptor((HttpRequest.Builder request) -> request.header("Authorization", "Bearer " + key));
        PlacesApi places = new PlacesApi(client);
        ExchangesApi exchanges = new ExchangesApi(client);

        Set<UUID> seen = new HashSet<>();
        String cursor = null;
        do {
            PlacePage page = places.listPlaces(
                PlacesApi.APIListPlacesRequest.newBuilder().limit(10).cursor(cursor).build());
            page.getItems().forEach(place -> seen.add(place.getId()));
            cursor = page.getPage().getNextCursor();
        } while (cursor != null);
        check(seen.size() > 10);
        System.out.println("list: " + seen.size() + " places on pages of 10");

        UUID home = places.getPlace("PLA-0001", null).getId();
        UUID heihe = places.getPlace("PLA-0004", null).getId();
        ExchangeInput body = new ExchangeInput()
            .title(Map.of("ru", "Делегация в Хэйхэ", "zh", "访问黑河市代表团"))
            .direction(ExchangeDirection.OUTGOING).audience(ExchangeAudience.OFFICIALS).period("2011-10")
            .origin(home).destination(heihe);
        String once = UUID.randomUUID().toString();
        ApiResponse<Exchange> made = exchanges.createExchangeWithHttpInfo(body, once);
        Exchange again = exchanges.createExchange(body, once);
        check(made.getStatusCode() == 201 && again.getId().equals(made.getData().getId()));
        String id = again.getId().toString();
        System.out.println("create: " + again.getRef() + " once");

        String first = made.getHeaders().get("etag").get(0);
        ExchangePatch patch = new ExchangePatch().highlight(true);
        ApiResponse<Exchange> changed = exchanges.updateExchangeWithHttpInfo(id, patch, first);
        check(changed.getData().getVersion() == again.getVersion() + 1);
        check(changed.getData().getTitle().equals(body.getTitle()));
        System.out.println("patch: one member, the others as they were");

        try {
            exchanges.updateExchange(id, new ExchangePatch().highlight(false), first);
            check(false);
        } catch (ApiException refused) {
            Problem problem = client.getObjectMapper().readValue(refused.getResponseBody(), Problem.class);
            check(refused.getCode() == 412 && problem.getCode().equals("stale"));
            System.out.println("stale: " + problem.getStatus() + " " + problem.getCode());
        }

        exchanges.deleteExchange(id, changed.getHeaders().get("etag").get(0));
        System.out.println("delete: " + again.getRef());
    }

    private static void check(boolean holds) {
        if (!holds) throw new AssertionError("not as it should be");
    }
}
