package io.github.streamleak.conformance;

import io.github.streamleak.conformance.GridResolver.Naming;
import io.github.streamleak.testsupport.GridPage;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One stub kind brought to one ending, with what it must come to. Stated once, for all transports;
 * where a transport must differ, the case says why.
 */
final class Case {

  /** The steps, taken on one thread. */
  interface Steps {
    void take(Cell cell) throws Exception;
  }

  /** What is known about the Dones once the verdict is there. */
  enum Done {
    /** What the verdict says: all have run if released, none of the open ones if leaked. */
    AS_THE_VERDICT,
    /**
     * In-process swallows a cancel or deadline once the server has finished with messages unread.
     */
    SWALLOWED_IN_PROCESS,
    /** Swallowed if the call came before the connection, which no test can decide. */
    SWALLOWED_OR_NOT,
    /** Something between the application and the transport swallows the cancel, on any of them. */
    SWALLOWED
  }

  /** How the channel and the call are set up. */
  static final class Wiring {
    boolean fresh;
    boolean ownServer;
    boolean proxied;
    int refusedStreams;
    boolean retry;
    boolean withoutRetry;
    @Nullable Naming naming;
    @Nullable Map<String, ?> serviceConfig;
    @Nullable MethodDescriptor<String, String> method;
    String request = "request";
    CallOptions options = CallOptions.DEFAULT;
    final List<ClientInterceptor> inside = new ArrayList<>();
    final List<ClientInterceptor> outside = new ArrayList<>();
  }

  final String group;
  final Kind kind;
  final MethodType type;
  final String ending;
  final Expected expected;
  final Steps steps;

  private final Map<Transport, Expected> differing = new EnumMap<>(Transport.class);
  private final List<String> notes = new ArrayList<>();
  private final List<Consumer<Wiring>> wirings = new ArrayList<>();
  Set<Transport> transports = EnumSet.allOf(Transport.class);
  Done done = Done.AS_THE_VERDICT;
  boolean onEveryPolicy;
  boolean channelz = true;

  /** Attempts that hold something when a leak is judged. */
  int openAttempts = 1;

  /** Attempts made in all, or -1 if that is not the point. */
  int attempts = -1;

  Case(String group, Kind kind, MethodType type, String ending, Expected expected, Steps steps) {
    this.group = group;
    this.kind = kind;
    this.type = type;
    this.ending = ending;
    this.expected = expected;
    this.steps = steps;
  }

  Case with(Consumer<Wiring> wiring) {
    wirings.add(wiring);
    return this;
  }

  Case note(String note) {
    if (!note.isEmpty()) {
      notes.add(note);
    }
    return this;
  }

  Case on(Set<Transport> only, String why) {
    transports = only;
    return note(why);
  }

  Case differs(Set<Transport> where, Expected there, String why) {
    where.forEach(transport -> differing.put(transport, there));
    return note(why);
  }

  Case done(Done rule) {
    done = rule;
    return this;
  }

  Case openAttempts(int count) {
    openAttempts = count;
    return this;
  }

  Case attempts(int count) {
    attempts = count;
    return this;
  }

  Case everyPolicy() {
    onEveryPolicy = true;
    return this;
  }

  Case withoutChannelz(String why) {
    channelz = false;
    return note(why);
  }

  Wiring wiring() {
    Wiring wiring = new Wiring();
    wirings.forEach(each -> each.accept(wiring));
    return wiring;
  }

  Expected expectedOn(Transport transport) {
    return differing.getOrDefault(transport, expected);
  }

  Map<Transport, Expected> differing() {
    return differing;
  }

  String notes() {
    return String.join("; ", notes);
  }

  /** Whether the stub cancels a call that has failed, as the blocking unary ones do. */
  boolean cancelsWhatFails() {
    return kind == Kind.BLOCKING || (kind == Kind.V2 && type == MethodType.UNARY);
  }

  @Override
  public String toString() {
    return group + ": " + kind.text() + ", " + GridPage.text(type) + ": " + ending;
  }
}
