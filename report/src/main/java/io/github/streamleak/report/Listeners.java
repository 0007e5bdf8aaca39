package io.github.streamleak.report;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The listeners of one report. They can break neither the run nor each other. */
final class Listeners {

  private static final Logger LOGGER = Logger.getLogger("io.github.streamleak");

  private final List<FindingListener> listeners;
  private final Consumer<String> notes;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final SourceFiles sources = SourceFiles.around(Path.of(""), System.getenv());

  private Listeners(List<FindingListener> listeners, Consumer<String> notes) {
    this.listeners = listeners;
    this.notes = notes;
  }

  /**
   * Looks for the listeners.
   *
   * @param notes takes what went wrong
   */
  static Listeners load(Consumer<String> notes) {
    List<FindingListener> found = new ArrayList<>();
    Listeners listeners = new Listeners(found, notes);
    try {
      Iterator<FindingListener> services = ServiceLoader.load(FindingListener.class).iterator();
      while (services.hasNext()) {
        found.add(services.next());
      }
    } catch (ServiceConfigurationError e) {
      // After an error the iterator may give the same one for ever.
      listeners.report("a listener for findings could not be made: " + e.getMessage());
    }
    return listeners;
  }

  /** Tells all listeners of an entry, unless it is of a stream that was only asked for. */
  void tell(JsonObject json, @Nullable Supplier<? extends JsonElement> story) {
    if (listeners.isEmpty() || Entry.outcome(json) == Outcome.SHOWN) {
      return;
    }
    JsonObject copy = json.deepCopy();
    if (story != null) {
      copy.add("stream", story.get());
    }
    synchronized (lock) {
      sources.complete(Json.object(copy, "opened"));
      sources.complete(Json.object(copy, "calledBy"));
    }
    FindingListener.Finding finding = new FindingListener.Finding(new Entry(copy));
    for (FindingListener listener : listeners) {
      tell(listener, finding);
    }
  }

  @SuppressWarnings("CatchingThrowable") // An error of a listener's is no verdict on a test either.
  private void tell(FindingListener listener, FindingListener.Finding finding) {
    try {
      listener.found(finding);
    } catch (Throwable e) {
      report("the listener " + listener.getClass().getName() + " threw " + e + " for " + finding);
    }
  }

  private void report(String text) {
    LOGGER.log(Level.WARNING, text);
    notes.accept(text);
  }
}
