package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The test that a finding belongs to; or its class, or the run, if it belongs to no test. */
public final class ReportedTest {

  private final String scope;
  private final @Nullable String id;
  private final @Nullable String className;
  private final @Nullable String method;
  private final String name;

  private ReportedTest(
      String scope,
      @Nullable String id,
      @Nullable String className,
      @Nullable String method,
      String name) {
    this.scope = scope;
    this.id = id;
    this.className = className;
    this.method = method;
    this.name = Objects.requireNonNull(name, "name");
  }

  /**
   * Returns the name of a test.
   *
   * @param className the binary name of its class
   * @param method the name of its method, or null if it is not a method, such as a dynamic test
   * @param name the name that the test framework shows
   */
  public static ReportedTest ofMethod(String className, @Nullable String method, String name) {
    return new ReportedTest(
        "test", null, Objects.requireNonNull(className, "className"), method, name);
  }

  /**
   * Returns the name of a test class, for what was opened before its first test or after its last
   * one.
   *
   * @param className its binary name
   * @param name the name that the test framework shows
   */
  public static ReportedTest ofClass(String className, String name) {
    return new ReportedTest(
        "class", null, Objects.requireNonNull(className, "className"), null, name);
  }

  /** Returns the name of the run, for what belongs to no test and no class. */
  public static ReportedTest ofRun() {
    return new ReportedTest("run", null, null, null, "the run");
  }

  /**
   * Returns the same with the unique id of the test or class, which stays the same when it runs
   * again and which no other test has. Without one, a later run of the test cannot supersede what
   * this run found.
   *
   * @param id the id, such as JUnit's unique id; the one that {@link StreamReport#countTest(String,
   *     String)} was given
   */
  public ReportedTest withId(String id) {
    return new ReportedTest(scope, Objects.requireNonNull(id, "id"), className, method, name);
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("scope", scope);
    json.add("id", Json.text(id));
    json.add("class", Json.text(className));
    json.add("method", Json.text(method));
    json.add("name", Json.text(name));
    return json;
  }

  /** Returns the name that the test framework shows. */
  @Override
  public String toString() {
    return name;
  }
}
