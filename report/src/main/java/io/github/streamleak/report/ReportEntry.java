package io.github.streamleak.report;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.Remedy;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One finding, or one stream that the user asked to see, for {@link StreamReport#add}. */
public final class ReportEntry {

  private final Builder is;

  private ReportEntry(Builder builder) {
    this.is = builder;
  }

  /** Returns a builder for a stream that nothing was found about, which the user asked to see. */
  public static Builder shown(RecordedStream stream) {
    return new Builder("SHOWN", stream, stream.fullMethodName(), Outcome.SHOWN, "")
        .sentence(stream.isOpen() ? "the stream is open" : "the stream was released");
  }

  /**
   * Returns a builder for a leak, the rule {@code LEAKED_STREAM}. Cause, remedy and sentence come
   * from the stream. If the stream has been released since, pass the snapshot that was judged.
   */
  public static Builder leaked(RecordedStream stream, Outcome outcome) {
    return new Builder(
        Fingerprint.LEAK,
        stream,
        stream.fullMethodName(),
        outcome,
        stream.cause().map(LeakCause::text).orElse("the stream was open when it was judged"));
  }

  /**
   * Returns a builder for what another rule found about a stream.
   *
   * @param rule its name, such as {@code ENDED_BY_SHUTDOWN}
   * @param sentence what was found
   * @throws IllegalArgumentException if no rule has that name
   */
  public static Builder found(
      String rule, RecordedStream stream, Outcome outcome, String sentence) {
    return new Builder(rule, stream, stream.fullMethodName(), outcome, sentence);
  }

  /**
   * Returns a builder for a finding without a stream, such as {@code CHANNEL_LEFT_OPEN}.
   *
   * @param rule its name
   * @param subject the full method name, the target of the channel, or null if there is neither
   * @param opening the stack that led to it, the user's innermost frame first; may be empty
   * @param sentence what was found
   * @throws IllegalArgumentException if no rule has that name
   */
  public static Builder found(
      String rule,
      @Nullable String subject,
      List<StackTraceElement> opening,
      Outcome outcome,
      String sentence) {
    Builder builder = new Builder(rule, null, subject, outcome, sentence);
    builder.opened = opening.isEmpty() ? null : opening.get(0);
    return builder;
  }

  /** Returns the part of this finding that stays the same from run to run. */
  public String fingerprint() {
    return is.stream == null
        ? Fingerprint.of(method(), is.rule, is.opened)
        : Fingerprint.of(is.stream, is.rule);
  }

  /** A channel has a target in place of a method, and that may be an address with a port. */
  private @Nullable String method() {
    return isOfAChannel() ? null : is.subject;
  }

  private boolean isOfAChannel() {
    return is.rule.equals(RuleDescription.CHANNEL_LEFT_OPEN.name());
  }

  /**
   * Returns the line of code that opened what was found: the one that tells two of a method apart.
   */
  String openedOn() {
    StackTraceElement opened = is.stream == null ? is.opened : is.stream.openingLine().orElse(null);
    return opened == null ? "" : opened.getFileName() + ":" + Math.max(0, opened.getLineNumber());
  }

  Outcome outcome() {
    return is.outcome;
  }

  /** Returns the entry without its story, which is rendered only if it is kept. */
  JsonObject toJson() {
    RecordedStream stream = is.stream;
    JsonObject json = new JsonObject();
    json.add("rule", Json.text(is.rule));
    json.addProperty("outcome", is.outcome.text());
    json.add("reason", Json.text(is.reason));
    json.add("sentence", Json.text(is.sentence));
    LeakCause cause =
        stream == null || !is.rule.equals(Fingerprint.LEAK) ? null : stream.cause().orElse(null);
    json.add("cause", Json.text(cause == null ? null : cause.name()));
    json.add("owedBy", Json.text(cause == null ? null : cause.owedBy().name()));
    json.add("owes", Json.text(cause == null ? null : cause.owes()));
    json.add("afterwards", Json.text(cause == null ? null : afterwards(stream)));
    json.add("remedy", Json.texts(remedy()));
    json.add("fingerprint", Json.text(fingerprint()));
    json.add("test", is.whose.toJson(is.testId));
    json.add("method", Json.text(method()));
    json.add("type", Json.text(stream == null ? null : stream.methodType().name()));
    json.add("authority", Json.text(stream == null ? null : stream.authority()));
    json.add("target", Json.text(isOfAChannel() ? is.subject : null));
    json.add("client", Json.text(stream == null ? null : stream.stubKind().text()));
    json.add(
        "opened", Frames.toJson(stream == null ? is.opened : stream.openingLine().orElse(null)));
    json.add(
        "calledBy",
        Frames.toJson(stream == null ? is.calledBy : stream.callingLine().orElse(null)));
    json.add("stream", JsonNull.INSTANCE);
    return json;
  }

  private List<String> remedy() {
    if (is.remedy != null) {
      return is.remedy;
    }
    return is.stream == null || !is.rule.equals(Fingerprint.LEAK)
        ? List.of()
        : is.stream.isOpen() ? Remedy.of(is.stream).lines() : List.of();
  }

  private static @Nullable String afterwards(@Nullable RecordedStream stream) {
    return stream == null ? null : stream.latest().afterwards().orElse(null);
  }

  /** Returns a supplier that renders the story, or null if there is no stream. */
  @Nullable Supplier<JsonObject> story() {
    RecordedStream stream = is.stream;
    return stream == null ? null : () -> Story.of(stream, is.testEnded, is.checked);
  }

  /** Returns rule, outcome and fingerprint in one line. */
  @Override
  public String toString() {
    return is.rule + " " + is.outcome.text() + " " + fingerprint();
  }

  /** The test, class or run that a finding is charged to, as the report writes it. */
  private record Whose(
      String scope, @Nullable String className, @Nullable String method, String name) {

    JsonObject toJson(@Nullable String id) {
      JsonObject json = new JsonObject();
      json.addProperty("scope", scope);
      json.add("id", Json.text(id));
      json.add("class", Json.text(className));
      json.add("method", Json.text(method));
      json.add("name", Json.text(name));
      return json;
    }
  }

  /** What an entry may say beyond what its factory was given. */
  public static final class Builder {

    private final String rule;
    private final @Nullable RecordedStream stream;
    private final @Nullable String subject;
    private final Outcome outcome;
    private String sentence;
    private @Nullable StackTraceElement opened;
    private @Nullable StackTraceElement calledBy;
    private @Nullable String reason;
    private @Nullable List<String> remedy;
    private Whose whose = new Whose("run", null, null, "the run");
    private @Nullable String testId;
    private @Nullable Duration testEnded;
    private @Nullable Duration checked;

    private Builder(
        String rule,
        @Nullable RecordedStream stream,
        @Nullable String subject,
        Outcome outcome,
        String sentence) {
      this.rule = RuleDescription.checked(rule);
      this.stream = stream;
      this.subject = subject;
      this.outcome = Objects.requireNonNull(outcome, "outcome");
      this.sentence = Objects.requireNonNull(sentence, "sentence");
    }

    private Builder(Builder other) {
      this(other.rule, other.stream, other.subject, other.outcome, other.sentence);
      this.opened = other.opened;
      this.calledBy = other.calledBy;
      this.reason = other.reason;
      this.remedy = other.remedy;
      this.whose = other.whose;
      this.testId = other.testId;
      this.testEnded = other.testEnded;
      this.checked = other.checked;
    }

    /**
     * Sets the outermost of the user's lines that led to a finding without a stream, such as the
     * line in the test. By default there is no other than the one that the factory was given. The
     * line of a stream is always its own.
     */
    public Builder calledBy(@Nullable StackTraceElement line) {
      this.calledBy = line;
      return this;
    }

    /**
     * Charges the finding to a test. Without this and {@link #ofClass} it is the run's.
     *
     * @param className the binary name of the test's class
     * @param method the name of its method, or null for a test that is none, such as a dynamic one
     * @param name the name that the test framework shows
     */
    public Builder ofTest(String className, @Nullable String method, String name) {
      this.whose =
          new Whose(
              "test",
              Objects.requireNonNull(className, "className"),
              method,
              Objects.requireNonNull(name, "name"));
      return this;
    }

    /**
     * Charges the finding to a test class: to what runs before its first test or after its last
     * one.
     *
     * @param className the binary name of the class
     * @param name the name that the test framework shows
     */
    public Builder ofClass(String className, String name) {
      this.whose =
          new Whose(
              "class",
              Objects.requireNonNull(className, "className"),
              null,
              Objects.requireNonNull(name, "name"));
      return this;
    }

    /**
     * Sets why the finding is allowed, or what was missing for a verdict. By default there is no
     * reason.
     */
    public Builder reason(@Nullable String reason) {
      this.reason = reason;
      return this;
    }

    /** Sets what was found, in place of the words of the factory method. */
    public Builder sentence(String sentence) {
      this.sentence = Objects.requireNonNull(sentence, "sentence");
      return this;
    }

    /**
     * Sets the lines of code that mend it, the best first. By default a leak has those of its
     * stream's remedy, and any other finding has none.
     */
    public Builder remedy(List<String> lines) {
      this.remedy = List.copyOf(lines);
      return this;
    }

    /**
     * Sets the unique id of the test or class, which stays the same when it runs again and which no
     * other test has. Without one, a later run of the test cannot supersede what this run found.
     *
     * @param id the id, such as JUnit's unique id; the one that {@link
     *     StreamReport#countTest(String, String)} was given
     */
    public Builder uniqueId(String id) {
      this.testId = Objects.requireNonNull(id, "id");
      return this;
    }

    /**
     * Sets when the test ended, counted from the start of the stream. By default that is not known.
     * See {@link RecordedStream#startedAtNanos()}.
     */
    public Builder testEnded(Duration sinceStart) {
      this.testEnded = Objects.requireNonNull(sinceStart, "sinceStart");
      return this;
    }

    /**
     * Sets when the check ended its wait for the stream, counted from the start of the stream. By
     * default that is not known.
     */
    public Builder checked(Duration sinceStart) {
      this.checked = Objects.requireNonNull(sinceStart, "sinceStart");
      return this;
    }

    /** Returns the entry. */
    public ReportEntry build() {
      return new ReportEntry(new Builder(this));
    }
  }
}
