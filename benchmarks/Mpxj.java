import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import org.mpxj.ActivityStatus;
import org.mpxj.ActivityType;
import org.mpxj.Duration;
import org.mpxj.ProjectCalendar;
import org.mpxj.ProjectFile;
import org.mpxj.Relation;
import org.mpxj.RelationType;
import org.mpxj.Task;
import org.mpxj.TimeUnit;
import org.mpxj.cpm.PrimaveraScheduler;

/**
 * `java -cp 'lib/*' Mpxj.java FILE`: MPXJ's Primavera scheduler, for the record. For each line of its input it prints
 * the seconds to build the project, those to schedule it, and when it finishes. The file has a line for each activity (key and minutes)
 * and for each link (predecessor, type, successor and minutes of lag), all separated by blanks.
 */
public class Mpxj {
  private static final Map<String, RelationType> TYPES =
      Map.of(
          "FS", RelationType.FINISH_START,
          "SS", RelationType.START_START,
          "FF", RelationType.FINISH_FINISH,
          "SF", RelationType.START_FINISH);

  public static void main(String[] arguments) throws Exception {
    var lines = Files.readAllLines(Path.of(arguments[0]));
    var input = new BufferedReader(new InputStreamReader(System.in));
    while (input.readLine() != null) {
      long began = System.nanoTime();
      ProjectFile project = project(lines);
      long built = System.nanoTime();
      new PrimaveraScheduler().schedule(project, LocalDateTime.of(2026, 1, 5, 8, 0));
      long scheduled = System.nanoTime();
      var finish = project.getTasks().stream().map(Task::getEarlyFinish).max(LocalDateTime::compareTo);
      System.out.println((built - began) / 1e9 + " " + (scheduled - built) / 1e9 + " " + finish.orElseThrow());
    }
  }

  private static ProjectFile project(Iterable<String> lines) {
    ProjectFile project = new ProjectFile();
    ProjectCalendar calendar = project.addDefaultBaseCalendar();
    project.setDefaultCalendar(calendar);
    project.getProjectProperties().setPlannedStart(LocalDateTime.of(2026, 1, 5, 8, 0));
    Map<String, Task> tasks = new HashMap<>();
    for (String line : lines) {
      String[] words = line.split(" ");
      if (words.length == 2) {
        tasks.put(words[0], task(project, calendar, words[0], Integer.parseInt(words[1])));
      } else {
        Duration lag = Duration.getInstance(Integer.parseInt(words[3]) / 60.0, TimeUnit.HOURS);
        Relation.Builder link = new Relation.Builder().predecessorTask(tasks.get(words[0]));
        tasks.get(words[2]).addPredecessor(link.type(TYPES.get(words[1])).lag(lag));
      }
    }
    return project;
  }

  private static Task task(ProjectFile project, ProjectCalendar calendar, String name, int minutes) {
    Duration duration = Duration.getInstance(minutes / 60.0, TimeUnit.HOURS);
    Task task = project.addTask();
    task.setName(name);
    task.setCalendar(calendar);
    task.setActivityType(ActivityType.TASK_DEPENDENT);
    task.setActivityStatus(ActivityStatus.NOT_STARTED);
    task.setPlannedDuration(duration);
    task.setDuration(duration);
    task.setRemainingDuration(duration);
    task.setActualDuration(Duration.getInstance(0, TimeUnit.HOURS));
    return task;
  }
}
