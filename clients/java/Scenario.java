import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import leeway.client.ApiClient;
import leeway.client.ApiException;
import leeway.client.api.BaselinesApi;
import leeway.client.api.DeviationsApi;
import leeway.client.api.EventsApi;
import leeway.client.api.FeedApi;
import leeway.client.api.MilestonesApi;
import leeway.client.api.PlansApi;
import leeway.client.api.TolerancesApi;
import leeway.client.api.VarianceApi;
import leeway.client.model.AcknowledgementInput;
import leeway.client.model.BaselineInput;
import leeway.client.model.BatchEventInput;
import leeway.client.model.Deviation;
import leeway.client.model.DocumentInput;
import leeway.client.model.DocumentResult;
import leeway.client.model.FeedItem;
import leeway.client.model.MilestoneInput;
import leeway.client.model.MilestoneKind;
import leeway.client.model.PlanInput;
import leeway.client.model.PlanPatch;
import leeway.client.model.Problem;
import leeway.client.model.ToleranceInput;

/** Runs ../scenario.json with the generated client; ../README.md says what each step must show. */
public final class Scenario {
  private static final ObjectMapper JSON = ApiClient.createDefaultObjectMapper();

  private final JsonNode told;
  private final String plan;
  private final String address = System.getenv("LEEWAY_URL");
  private final String key = System.getenv("LEEWAY_KEY");
  private final ApiClient client = connected(key);
  private final PlansApi plans = new PlansApi(client);
  private final DeviationsApi deviations = new DeviationsApi(client);
  private final EventsApi events = new EventsApi(client);
  private final MilestonesApi milestones = new MilestonesApi(client);

  private Scenario(JsonNode told) {
    this.told = told;
    this.plan = told.get("plan").asText();
  }

  public static void main(String[] arguments) throws Exception {
    var scenario = new Scenario(JSON.readTree(Path.of(System.getenv("LEEWAY_SCENARIO")).toFile()));
    Map<String, Callable<String>> steps = new LinkedHashMap<>();
    steps.put("document", scenario::document);
    steps.put("tolerance", scenario::tolerance);
    steps.put("baseline", scenario::baseline);
    steps.put("events", scenario::events);
    steps.put("variance", scenario::variance);
    steps.put("deviations", scenario::deviations);
    steps.put("pages", scenario::pages);
    steps.put("problems", scenario::problems);
    steps.put("webhook", scenario::webhook);
    steps.put("stream", scenario::stream);
    var isFine = true;
    for (var step : steps.entrySet()) {
      var result = JSON.createObjectNode().put("step", step.getKey());
      try {
        result.put("ok", true).put("detail", step.getValue().call());
      } catch (Exception error) {
        isFine = false;
        result.put("ok", false).put("detail", error.toString());
      }
      System.out.println(result);
    }
    System.exit(isFine ? 0 : 1);
  }

  private String document() throws Exception {
    var result = create(plan, read("document", DocumentInput.class));
    expect(result.getChanges().getMilestonesAdded().size(), told.get("document").get("milestones").size());
    return "revision " + result.getRevision();
  }

  private DocumentResult create(String name, DocumentInput document) throws Exception {
    return plans.putDocument(
        PlansApi.APIPutDocumentRequest.newBuilder().plan(name).documentInput(document).ifNoneMatch("*").build());
  }

  private String tolerance() throws Exception {
    var wanted = read("tolerance", ToleranceInput.class).plan(plan);
    var made = new TolerancesApi(client)
        .createTolerance(TolerancesApi.APICreateToleranceRequest.newBuilder().toleranceInput(wanted).build());
    expect(made.getKey(), wanted.getKey());
    return made.getKey();
  }

  private String baseline() throws Exception {
    var wanted = read("baseline", BaselineInput.class);
    var made = new BaselinesApi(client)
        .createBaseline(BaselinesApi.APICreateBaselineRequest.newBuilder().plan(plan).baselineInput(wanted).build());
    expect(made.getNumber(), 1L);
    return "baseline " + made.getNumber();
  }

  private String events() throws Exception {
    var given = told.get("events");
    var all = new ArrayList<BatchEventInput>();
    for (var number = 1; number <= given.get("count").asInt(); number++) {
      all.add(event(numbered(given.get("each"), number), "note-" + number));
    }
    for (var last : given.get("last")) all.add(event(last, last.get("id").asText()));
    var twice = given.get("sent_twice").asInt();
    var first = record(all);
    var again = record(all.subList(0, twice));
    expect(List.of(first[0], first[1], again[0], again[1]), List.of(all.size(), 0, 0, twice));
    var listed = 0;
    String cursor = null;
    do {
      var page = events.listEvents(
          EventsApi.APIListEventsRequest.newBuilder().plan(plan).limit(200L).cursor(cursor).build());
      listed += page.getItems().size();
      cursor = page.getNextCursor();
    } while (cursor != null);
    expect(listed, all.size());
    return first[0] + " accepted, " + again[1] + " duplicates";
  }

  /** How many were accepted and how many were duplicates. */
  private int[] record(List<BatchEventInput> given) throws Exception {
    var counts = new int[2];
    var size = told.get("events").get("batch_size").asInt();
    for (var from = 0; from < given.size(); from += size) {
      var batch = given.subList(from, Math.min(from + size, given.size()));
      var answer =
          events.recordEvents(EventsApi.APIRecordEventsRequest.newBuilder().batchEventInput(batch).build());
      counts[0] += answer.getAccepted().intValue();
      counts[1] += answer.getDuplicates().intValue();
    }
    return counts;
  }

  private BatchEventInput event(JsonNode each, String id) throws Exception {
    ObjectNode event = each.deepCopy();
    var source = told.get("events").get("source").asText();
    event.put("plan", plan).put("source", source).put("id", id);
    return JSON.treeToValue(event, BatchEventInput.class);
  }

  private String variance() throws Exception {
    var asked = told.get("variance");
    var name = asked.get("milestone").asText();
    var answer = new VarianceApi(client).getVariance(
        VarianceApi.APIGetVarianceRequest.newBuilder().plan(plan).asOf(asked.get("as_of").asText()).build());
    var item = answer.getItems().stream().filter(each -> each.getMilestone().equals(name)).findFirst().orElseThrow();
    var finish = item.getFinishVariance();
    var seen = JSON.createObjectNode();
    seen.put("schedule_status", item.getScheduleStatus().getValue()).put("lifecycle", item.getLifecycle().getValue());
    seen.put("basis", finish.getBasis().getValue()).put("working_minutes", finish.getWorkingMinutes());
    seen.put("favorability", finish.getFavorability().getValue());
    expect(JSON.readTree(seen.toString()), asked.get("expected"));
    return name + " is late by " + finish.getWorkingMinutes() + " minutes";
  }

  private String deviations() throws Exception {
    var found = firstDeviation();
    expect(found.getLevel().getValue(), told.get("deviation").get("level").asText());
    return found.getSummary();
  }

  private Deviation firstDeviation() throws Exception {
    var wanted = told.get("deviation");
    var until = Instant.now().plusSeconds(wanted.get("within_seconds").asLong());
    while (Instant.now().isBefore(until)) {
      var page = deviations.listPlanDeviations(
          DeviationsApi.APIListPlanDeviationsRequest.newBuilder()
              .plan(plan).milestone(wanted.get("milestone").asText()).build());
      for (var each : page.getItems()) {
        if (each.getMeasure().getValue().equals(wanted.get("measure").asText())) return each;
      }
      Thread.sleep(200);
    }
    throw new IllegalStateException("no deviation in time");
  }

  private String pages() throws Exception {
    var given = told.get("pages");
    var document = JSON.createObjectNode().put("name", "Pages");
    var listed = document.putArray("milestones");
    var keys = new ArrayList<String>();
    for (var number = 1; number <= given.get("milestones").asInt(); number++) {
      var name = given.get("key").asText().replace("{number}", String.valueOf(number));
      listed.addObject().put("key", name).put("name", name).put("planned_finish", "2024-06-12");
      keys.add(name);
    }
    var many = plan + "-pages";
    create(many, JSON.treeToValue(document, DocumentInput.class));
    var read = new ArrayList<String>();
    String cursor = null;
    do {
      var page = milestones.listMilestones(
          MilestonesApi.APIListMilestonesRequest.newBuilder()
              .plan(many).limit(given.get("limit").asLong()).cursor(cursor).build());
      page.getItems().forEach(each -> read.add(each.getKey()));
      cursor = page.getNextCursor();
    } while (cursor != null);
    keys.sort(null);
    expect(read, keys);
    return read.size() + " milestones";
  }

  private String problems() throws Exception {
    var limited = new PlansApi(connected(System.getenv("LEEWAY_LIMITED_KEY")));
    var asked = new ArrayList<Callable<?>>();
    asked.add(() -> plans.getPlan("not-there"));
    var again = new PlanInput().key(plan).name("Again");
    asked.add(() -> plans.createPlan(PlansApi.APICreatePlanRequest.newBuilder().planInput(again).build()));
    var other = PlansApi.APIUpdatePlanRequest.newBuilder().planPatch(new PlanPatch().goal("Other"));
    asked.add(() -> plans.updatePlan(other.plan(plan).ifMatch("\"another\"").build()));
    var nameless = new MilestoneInput().kind(MilestoneKind.MILESTONE).plannedFinish("2024-06-12");
    asked.add(() -> milestones.createMilestone(
        MilestonesApi.APICreateMilestoneRequest.newBuilder().plan(plan).milestoneInput(nameless).build()));
    asked.add(() -> {
      while (true) limited.getPlan(plan);
    });
    for (var index = 0; index < asked.size(); index++) refused(asked.get(index), told.get("problems").get(index));
    return "404, 409, 412, 422, 429";
  }

  private void refused(Callable<?> call, JsonNode expected) throws Exception {
    try {
      call.call();
    } catch (ApiException error) {
      var problem = JSON.readValue(error.getResponseBody(), Problem.class);
      expect(error.getCode(), expected.get("status").asInt());
      expect(problem.getCode(), expected.get("code").asText());
      if (expected.has("pointer")) expect(problem.getErrors().get(0).getPointer(), expected.get("pointer").asText());
      if (error.getCode() == 429) {
        expect(error.getResponseHeaders().firstValueAsLong("retry-after").orElse(0) > 0, true);
      }
      return;
    }
    throw new IllegalStateException(expected.get("name").asText() + ": it succeeded");
  }

  private String webhook() throws Exception {
    var given = told.get("webhook");
    var body = given.get("body").asText();
    expect(isSigned(given, body), true);
    expect(isSigned(given, body.replace("design", "desigm")), false);
    return "verified, and refused when changed (with the platform's own HMAC)";
  }

  private static boolean isSigned(JsonNode given, String body) throws Exception {
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(
        Base64.getDecoder().decode(given.get("secret").asText().replace("whsec_", "")), "HmacSHA256"));
    var signed = given.get("id").asText() + "." + given.get("timestamp").asText() + "." + body;
    var signature = Base64.getDecoder().decode(given.get("signature").asText().replace("v1,", ""));
    return MessageDigest.isEqual(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)), signature);
  }

  private String stream() throws Exception {
    var seen = new ArrayList<String>();
    var wanted = told.get("stream");
    var cursor = follow(wanted.get("first").asInt(), null, seen);
    var reason = new AcknowledgementInput().reason("Seen");
    deviations.acknowledgeDeviation(
        DeviationsApi.APIAcknowledgeDeviationRequest.newBuilder()
            .deviation(firstDeviation().getId()).acknowledgementInput(reason).build());
    var page = new FeedApi(client).listFeed(FeedApi.APIListFeedRequest.newBuilder().limit(200L).plan(plan).build());
    expect(part(page.getItems().get(0), "type"), wanted.get("type").asText());
    var listed = page.getItems().stream().map(each -> part(each, "id")).toList();
    follow(listed.size() - seen.size(), cursor, seen);
    expect(seen, listed);
    return seen.size() + " items, none twice, none left out";
  }

  /** Adds the ids of the next items; answers where to go on. The connection is dropped after them. */
  private String follow(int count, String after, List<String> seen) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(address + "/v1/feed/stream?plan=" + plan));
    request.header("Authorization", "Bearer " + key).header("Accept", "text/event-stream");
    if (after != null) request.header("Last-Event-ID", after);
    var answer = HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    var cursor = after;
    try (var lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      var fields = new LinkedHashMap<String, String>();
      for (var taken = 0; taken < count; ) {
        var line = Objects.requireNonNull(lines.readLine(), "the stream ended");
        var colon = line.indexOf(": ");
        if (colon > 0) fields.put(line.substring(0, colon), line.substring(colon + 2));
        if (!line.isEmpty() || fields.isEmpty()) continue;
        cursor = fields.get("id");
        if (fields.get("event").contains(".")) {
          seen.add(part(JSON.readValue(fields.get("data"), FeedItem.class), "id"));
          taken++;
        }
        fields.clear();
      }
    }
    return cursor;
  }

  /** Of an item of any type. */
  private static String part(FeedItem item, String name) {
    return JSON.valueToTree(item.getActualInstance()).get(name).asText();
  }

  private ApiClient connected(String bearer) {
    return new ApiClient(HttpClient.newBuilder(), JSON, address)
        .setRequestInterceptor(request -> request.header("Authorization", "Bearer " + bearer));
  }

  private <T> T read(String name, Class<T> type) throws Exception {
    return JSON.treeToValue(told.get(name), type);
  }

  private static JsonNode numbered(JsonNode each, int number) throws Exception {
    return JSON.readTree(each.toString().replace("{number}", String.valueOf(number)));
  }

  private static void expect(Object seen, Object wanted) {
    if (!Objects.equals(seen, wanted)) throw new IllegalStateException(seen + " instead of " + wanted);
  }
}
