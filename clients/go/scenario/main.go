// Runs ../scenario.json with the generated client; ../README.md says what each step must show.
package main

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	leeway "leeway-client/generated"
)

type told struct {
	Plan      string
	Document  leeway.DocumentInput
	Tolerance leeway.ToleranceInput
	Baseline  leeway.BaselineInput
	Events    struct {
		Source    string
		Count     int
		BatchSize int              `json:"batch_size"`
		SentTwice int              `json:"sent_twice"`
		Each      map[string]any   `json:"each"`
		Last      []map[string]any `json:"last"`
	}
	Variance struct {
		AsOf      string `json:"as_of"`
		Milestone string
		Expected  map[string]any
	}
	Deviation struct {
		Milestone, Measure, Level string
		WithinSeconds             int `json:"within_seconds"`
	}
	Pages struct {
		Milestones int
		Key        string
		Limit      int64
	}
	Problems []struct {
		Name, Code, Pointer string
		Status              int
	}
	Webhook struct {
		Secret, ID, Body, Signature string
		Timestamp                   int64
	}
	Stream struct {
		First int
		Type  string
	}
}

var (
	address  = os.Getenv("LEEWAY_URL")
	key      = os.Getenv("LEEWAY_KEY")
	client   = connected(key)
	ctx      = context.Background()
	scenario told
	plan     string
)

func main() {
	text, err := os.ReadFile(os.Getenv("LEEWAY_SCENARIO"))
	must(err)
	must(json.Unmarshal(text, &scenario))
	plan = scenario.Plan
	steps := []struct {
		name string
		run  func() string
	}{
		{"document", document}, {"tolerance", tolerance}, {"baseline", baseline}, {"events", events},
		{"variance", variance}, {"deviations", deviations}, {"pages", pages}, {"problems", problems},
		{"webhook", webhook}, {"stream", stream},
	}
	status := 0
	for _, step := range steps {
		detail, ok := tried(step.run)
		line, _ := json.Marshal(map[string]any{"step": step.name, "ok": ok, "detail": detail})
		fmt.Println(string(line))
		if !ok {
			status = 1
		}
	}
	os.Exit(status)
}

// What a step saw, or what it panicked with.
func tried(run func() string) (detail string, ok bool) {
	defer func() {
		if failure := recover(); failure != nil {
			detail, ok = fmt.Sprint(failure), false
		}
	}()
	return run(), true
}

func must(err error) {
	if err == nil {
		return
	}
	var failed *leeway.GenericOpenAPIError
	if errors.As(err, &failed) {
		panic(fmt.Sprintf("%v: %s", err, failed.Body()))
	}
	panic(err)
}

func expect(seen, wanted any) {
	if !reflect.DeepEqual(seen, wanted) {
		panic(fmt.Sprintf("%v instead of %v", seen, wanted))
	}
}

func connected(bearer string) *leeway.APIClient {
	configuration := leeway.NewConfiguration()
	configuration.Servers = leeway.ServerConfigurations{{URL: address}}
	configuration.AddDefaultHeader("Authorization", "Bearer "+bearer)
	return leeway.NewAPIClient(configuration)
}

func document() string {
	result, _, err := client.PlansAPI.PutDocument(ctx, plan).DocumentInput(scenario.Document).IfNoneMatch("*").Execute()
	must(err)
	expect(len(result.Changes.MilestonesAdded), len(scenario.Document.Milestones))
	return fmt.Sprint("revision ", result.Revision)
}

func tolerance() string {
	wanted := scenario.Tolerance
	wanted.SetPlan(plan)
	made, _, err := client.TolerancesAPI.CreateTolerance(ctx).ToleranceInput(wanted).Execute()
	must(err)
	expect(made.Key, wanted.GetKey())
	return made.Key
}

func baseline() string {
	made, _, err := client.BaselinesAPI.CreateBaseline(ctx, plan).BaselineInput(scenario.Baseline).Execute()
	must(err)
	expect(made.Number, int64(1))
	return fmt.Sprint("baseline ", made.Number)
}

func events() string {
	given := scenario.Events
	all := []leeway.BatchEventInput{}
	for number := 1; number <= given.Count; number++ {
		all = append(all, event(given.Each, fmt.Sprint("note-", number), number))
	}
	for _, last := range given.Last {
		all = append(all, event(last, last["id"].(string), 0))
	}
	accepted, duplicates := record(all)
	againAccepted, again := record(all[:given.SentTwice])
	expect([]int64{accepted, duplicates, againAccepted, again}, []int64{int64(len(all)), 0, 0, int64(given.SentTwice)})
	listed := 0
	for cursor := ""; ; {
		asked := client.EventsAPI.ListEvents(ctx, plan).Limit(200)
		if cursor != "" {
			asked = asked.Cursor(cursor)
		}
		page, _, err := asked.Execute()
		must(err)
		listed += len(page.Items)
		if cursor = page.GetNextCursor(); cursor == "" {
			break
		}
	}
	expect(listed, len(all))
	return fmt.Sprintf("%d accepted, %d duplicates", accepted, again)
}

func record(all []leeway.BatchEventInput) (accepted, duplicates int64) {
	for from := 0; from < len(all); from += scenario.Events.BatchSize {
		batch := all[from:min(from+scenario.Events.BatchSize, len(all))]
		answer, _, err := client.EventsAPI.RecordEvents(ctx).BatchEventInput(batch).Execute()
		must(err)
		accepted, duplicates = accepted+answer.Accepted, duplicates+answer.Duplicates
	}
	return accepted, duplicates
}

func event(each map[string]any, id string, number int) (made leeway.BatchEventInput) {
	text, err := json.Marshal(each)
	must(err)
	fields := map[string]any{}
	must(json.Unmarshal([]byte(strings.ReplaceAll(string(text), "{number}", strconv.Itoa(number))), &fields))
	fields["plan"], fields["source"], fields["id"] = plan, scenario.Events.Source, id
	text, err = json.Marshal(fields)
	must(err)
	must(json.Unmarshal(text, &made))
	return made
}

func variance() string {
	asked := scenario.Variance
	answer, _, err := client.VarianceAPI.GetVariance(ctx, plan).AsOf(asked.AsOf).Execute()
	must(err)
	for _, item := range answer.Items {
		if item.Milestone != asked.Milestone {
			continue
		}
		finish := item.FinishVariance
		minutes := finish.GetWorkingMinutes()
		expect(map[string]any{
			"schedule_status": string(item.ScheduleStatus), "lifecycle": string(item.Lifecycle), "basis": string(finish.Basis),
			"working_minutes": float64(minutes), "favorability": string(finish.Favorability),
		}, asked.Expected)
		return fmt.Sprintf("%s is %s by %v minutes", item.Milestone, item.ScheduleStatus, minutes)
	}
	panic("no item of " + asked.Milestone)
}

func deviations() string {
	found := firstDeviation()
	expect(string(found.Level), scenario.Deviation.Level)
	return found.Summary
}

func firstDeviation() leeway.Deviation {
	wanted := scenario.Deviation
	for until := time.Now().Add(time.Duration(wanted.WithinSeconds) * time.Second); time.Now().Before(until); {
		page, _, err := client.DeviationsAPI.ListPlanDeviations(ctx, plan).Milestone(wanted.Milestone).Execute()
		must(err)
		for _, each := range page.Items {
			if string(each.Measure) == wanted.Measure {
				return each
			}
		}
		time.Sleep(200 * time.Millisecond)
	}
	panic("no deviation in time")
}

func pages() string {
	given := scenario.Pages
	many := plan + "-pages"
	wanted := leeway.NewDocumentInput()
	wanted.SetName("Pages")
	keys := []string{}
	for number := 1; number <= given.Milestones; number++ {
		name := strings.ReplaceAll(given.Key, "{number}", strconv.Itoa(number))
		milestone := leeway.NewMilestoneDocument(name, name)
		milestone.SetPlannedFinish("2024-06-12")
		wanted.Milestones = append(wanted.Milestones, *milestone)
		keys = append(keys, name)
	}
	_, _, err := client.PlansAPI.PutDocument(ctx, many).DocumentInput(*wanted).IfNoneMatch("*").Execute()
	must(err)
	read := []string{}
	for cursor := ""; ; {
		asked := client.MilestonesAPI.ListMilestones(ctx, many).Limit(given.Limit)
		if cursor != "" {
			asked = asked.Cursor(cursor)
		}
		page, _, err := asked.Execute()
		must(err)
		for _, each := range page.Items {
			read = append(read, each.Key)
		}
		if cursor = page.GetNextCursor(); cursor == "" {
			break
		}
	}
	sort.Strings(keys)
	expect(read, keys)
	return fmt.Sprint(len(read), " milestones")
}

func problems() string {
	again := leeway.NewPlanInput("Again")
	again.SetKey(plan)
	other := leeway.NewPlanPatch()
	other.SetGoal("Other")
	limited := connected(os.Getenv("LEEWAY_LIMITED_KEY"))
	calls := []func() (*http.Response, error){
		func() (*http.Response, error) {
			_, answer, err := client.PlansAPI.GetPlan(ctx, "not-there").Execute()
			return answer, err
		},
		func() (*http.Response, error) {
			_, answer, err := client.PlansAPI.CreatePlan(ctx).PlanInput(*again).Execute()
			return answer, err
		},
		func() (*http.Response, error) {
			_, answer, err := client.PlansAPI.UpdatePlan(ctx, plan).PlanPatch(*other).IfMatch(`"another"`).Execute()
			return answer, err
		},
		func() (*http.Response, error) {
			nameless := leeway.MilestoneInput{}
			_, answer, err := client.MilestonesAPI.CreateMilestone(ctx, plan).MilestoneInput(nameless).Execute()
			return answer, err
		},
		func() (answer *http.Response, err error) {
			for err == nil {
				_, answer, err = limited.PlansAPI.GetPlan(ctx, plan).Execute()
			}
			return answer, err
		},
	}
	for index, expected := range scenario.Problems {
		answer, err := calls[index]()
		var failed *leeway.GenericOpenAPIError
		if !errors.As(err, &failed) {
			panic(fmt.Sprint(expected.Name, ": ", err))
		}
		problem := failed.Model().(leeway.Problem)
		expect(answer.StatusCode, expected.Status)
		expect(problem.Code, expected.Code)
		if expected.Pointer != "" {
			expect(problem.Errors[0].Pointer, expected.Pointer)
		}
		if expected.Status == 429 && answer.Header.Get("Retry-After") == "" {
			panic("429 does not tell how long to wait")
		}
	}
	return "404, 409, 412, 422, 429"
}

func webhook() string {
	given := scenario.Webhook
	expect(isSigned(given.Body), true)
	expect(isSigned(strings.Replace(given.Body, "design", "desigm", 1)), false)
	return "verified, and refused when changed (with the platform's own HMAC)"
}

func isSigned(body string) bool {
	given := scenario.Webhook
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(given.Secret, "whsec_"))
	must(err)
	signature, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(given.Signature, "v1,"))
	must(err)
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%d.%s", given.ID, given.Timestamp, body)
	return hmac.Equal(mac.Sum(nil), signature)
}

func stream() string {
	seen, cursor := follow(scenario.Stream.First, "")
	reason := leeway.NewAcknowledgementInput("Seen")
	id := firstDeviation().Id
	_, _, err := client.DeviationsAPI.AcknowledgeDeviation(ctx, id).AcknowledgementInput(*reason).Execute()
	must(err)
	page, _, err := client.FeedAPI.ListFeed(ctx).Limit(200).Plan(plan).Execute()
	must(err)
	listed := []string{}
	for _, item := range page.Items {
		listed = append(listed, part(item, "id"))
	}
	expect(part(page.Items[0], "type"), scenario.Stream.Type)
	rest, _ := follow(len(listed)-len(seen), cursor)
	expect(append(seen, rest...), listed)
	return fmt.Sprint(len(listed), " items, none twice, none left out")
}

// Of an item of any type.
func part(item leeway.FeedItem, name string) string {
	text, err := json.Marshal(item)
	must(err)
	fields := map[string]any{}
	must(json.Unmarshal(text, &fields))
	return fields[name].(string)
}

// The ids of the next items, and where to go on; the connection is dropped after them.
func follow(count int, after string) (seen []string, cursor string) {
	request, err := http.NewRequest(http.MethodGet, address+"/v1/feed/stream?plan="+plan, nil)
	must(err)
	request.Header.Set("Authorization", "Bearer "+key)
	if after != "" {
		request.Header.Set("Last-Event-ID", after)
	}
	answer, err := http.DefaultClient.Do(request)
	must(err)
	defer answer.Body.Close()
	fields := map[string]string{}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 4<<20)
	for len(seen) < count && lines.Scan() {
		if name, value, isField := strings.Cut(lines.Text(), ": "); isField && name != "" {
			fields[name] = value
		}
		if lines.Text() != "" || len(fields) == 0 {
			continue
		}
		cursor = fields["id"]
		if strings.Contains(fields["event"], ".") {
			var item leeway.FeedItem
			must(json.Unmarshal([]byte(fields["data"]), &item))
			seen = append(seen, part(item, "id"))
		}
		fields = map[string]string{}
	}
	expect(len(seen), count)
	return seen, cursor
}
