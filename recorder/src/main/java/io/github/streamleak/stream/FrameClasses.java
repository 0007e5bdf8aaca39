package io.github.streamleak.stream;

import java.net.URL;
import java.security.CodeSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells what the classes of a stack are: parts of a call, generated code, code of libraries or of
 * test frameworks, or code of the user.
 *
 * <p>A class is looked at itself where it can be found: what it extends, and whether the build has
 * just compiled it into a directory. A frame holds only the name of its class, so the class is
 * looked up by that; it is loaded already, for its code is running. Names decide only what a class
 * does not show, such as whether it belongs to a library. The price of that is that a library which
 * is not listed looks like the user's code: the report then names that library's line first, and
 * the user's line as the caller.
 */
final class FrameClasses {

  /** Packages of the languages' own run times. Each list ends its names in a dot. */
  private static final List<String> LANGUAGES =
      List.of(
          "java.",
          "javax.",
          "jdk.",
          "sun.",
          "com.sun.proxy.",
          "kotlin.",
          "kotlinx.",
          "scala.",
          "groovy.",
          "org.codehaus.groovy.",
          "org.apache.groovy.");

  /** Packages of libraries that may stand between the user's line and the call. */
  private static final List<String> LIBRARIES =
      List.of(
          "com.google.api.",
          "com.google.cloud.",
          "com.google.common.",
          "com.linecorp.armeria.",
          "com.salesforce.grpc.",
          "com.salesforce.reactivegrpc.",
          "com.salesforce.reactorgrpc.",
          "com.salesforce.rxgrpc.",
          "com.salesforce.rx3grpc.",
          "io.helidon.",
          "io.micrometer.",
          "io.netty.",
          "io.opencensus.",
          "io.opentelemetry.",
          "io.quarkus.",
          "io.reactivex.",
          "io.smallrye.",
          "io.vertx.",
          "net.bytebuddy.",
          "net.devh.boot.grpc.",
          "org.aspectj.",
          "org.assertj.",
          "org.awaitility.",
          "org.lognet.springboot.grpc.",
          "org.mockito.",
          "org.reactivestreams.",
          "reactor.",
          // Not the whole of Spring: much of it calls the user's code and nothing of gRPC's.
          "org.springframework.aop.",
          "org.springframework.beans.",
          "org.springframework.boot.",
          "org.springframework.cglib.",
          "org.springframework.context.",
          "org.springframework.core.",
          "org.springframework.grpc.",
          "org.springframework.scheduling.",
          "org.springframework.transaction.",
          "org.springframework.util.",
          // What a user calls in a test, and what calls him back at once.
          "org.junit.jupiter.api.",
          "org.junit.Assert");

  /** Packages of test frameworks and runners, which call the user's code: there his frames end. */
  private static final List<String> CALLERS =
      List.of(
          "org.junit.",
          "junit.",
          "org.testng.",
          "io.kotest.",
          "org.spockframework.",
          "io.cucumber.",
          "org.apache.maven.surefire.",
          "org.gradle.",
          "org.springframework.test.",
          "com.intellij.",
          "org.eclipse.jdt.internal.");

  /** The packages below io.grpc that are gRPC's own. */
  private static final List<String> GRPC =
      List.of(
          "internal.",
          "stub.",
          "util.",
          "inprocess.",
          "netty.",
          "okhttp.",
          "kotlin.",
          "testing.",
          "census.",
          "opentelemetry.",
          "protobuf.",
          "services.",
          "xds.",
          "rls.",
          "gcp.",
          "alts.",
          "auth.",
          "binder.",
          "cronet.",
          "servlet.",
          "override.");

  /** Parts of the names of classes that are made while a program runs, around one of the user's. */
  private static final List<String> MADE =
      List.of("$Proxy", "$$SpringCGLIB$$", "$$EnhancerBy", "$$FastClassBy", "$MockitoMock$");

  /** Where Maven, Gradle and IDEs put compiled tests: the end of a path, without its beginning. */
  private static final Pattern TEST_DIRECTORY =
      Pattern.compile("[^/]*test[^/]*(?:/[^/]+)?/$", Pattern.CASE_INSENSITIVE);

  private static final List<String> TESTS = List.of("Test", "Tests", "TestCase", "IT");

  private final Map<String, Known> known = new HashMap<>();

  /**
   * What a class has shown of itself.
   *
   * @param found whether it was found at all
   * @param supertypes the names of the class and of all that it extends and implements
   * @param describesAService whether it was generated for a service
   * @param directory the directory that it was loaded from; null if that is an archive or unknown
   */
  private record Known(
      boolean found,
      Set<String> supertypes,
      boolean describesAService,
      @Nullable String directory) {

    static final Known NOTHING = new Known(false, Set.of(), false, null);
  }

  /** Returns the class that {@code name} is nested in, or {@code name} if it is not nested. */
  static String outer(String name) {
    int nested = name.indexOf('$');
    return nested <= 0 ? name : name.substring(0, nested);
  }

  /** Returns whether the class could be looked at. */
  boolean isFound(String name) {
    return look(name).found;
  }

  boolean isA(String name, String supertype) {
    return look(name).supertypes.contains(supertype);
  }

  /** Returns whether the code is gRPC's own, and not merely in a package below its. */
  boolean isGrpc(String name) {
    if (!name.startsWith("io.grpc.")) {
      return false;
    }
    String rest = name.substring("io.grpc.".length());
    return (rest.indexOf('.') < 0 || startsWithAny(rest, GRPC)) && !isTestCode(name);
  }

  /** Returns whether the class is a test, or was compiled into a directory for tests. */
  private boolean isTestCode(String name) {
    String simple = outer(name).substring(outer(name).lastIndexOf('.') + 1);
    String directory = look(name).directory;
    return TESTS.stream().anyMatch(simple::endsWith)
        || (directory != null && TEST_DIRECTORY.matcher(directory).find());
  }

  boolean isLibrary(String name) {
    return startsWithAny(name, LANGUAGES) || (startsWithAny(name, LIBRARIES) && !isBuiltHere(name));
  }

  /**
   * Returns whether the class is in a directory and not in an archive. That is where a build puts
   * what it has just compiled, so a library that is under test is its own user.
   */
  private boolean isBuiltHere(String name) {
    return look(name).directory != null;
  }

  boolean isCaller(String name) {
    return startsWithAny(name, CALLERS) && !startsWithAny(name, LIBRARIES);
  }

  /**
   * Returns whether the class is a stub or other code that a generator has made for a service: it
   * is one by type, or it is nested in a class that describes a service.
   */
  boolean isGenerated(String name) {
    for (int end = name.length(); end > 0; end = name.lastIndexOf('$', end - 1)) {
      // A stub of RxJava calls grpc-java's from a class that is nested in it.
      String enclosing = name.substring(0, end);
      if (isA(enclosing, "io.grpc.stub.AbstractStub")
          || isA(enclosing, "io.quarkus.grpc.MutinyStub")
          || isA(enclosing, "io.quarkus.grpc.MutinyClient")) {
        return true;
      }
    }
    String outer = outer(name);
    if (look(outer).describesAService) {
      return true;
    }
    // For the class loaders that show nothing.
    return !isFound(name)
        && name.length() > outer.length()
        && (outer.endsWith("Grpc") || outer.endsWith("GrpcKt"))
        && name.substring(outer.length() + 1).contains("Stub");
  }

  /** Returns whether the class was made at run time, around one of the user's. */
  boolean isMade(String name) {
    return MADE.stream().anyMatch(name::contains)
        || name.endsWith("_ClientProxy")
        || name.endsWith("_Subclass");
  }

  // ---- looking ----

  private Known look(String name) {
    return known.computeIfAbsent(name, FrameClasses::lookUp);
  }

  private static Known lookUp(String name) {
    Class<?> type = startsWithAny(name, LANGUAGES) ? null : find(name);
    if (type == null) {
      return Known.NOTHING;
    }
    try {
      Set<String> supertypes = new HashSet<>();
      collect(type, supertypes);
      return new Known(true, supertypes, describesAService(type), directory(type));
    } catch (LinkageError | SecurityException e) {
      // What it refers to is missing: only its name can tell.
      return Known.NOTHING;
    }
  }

  private static boolean describesAService(Class<?> type) {
    // So are they named, and to look for a method is slow.
    if (!type.getName().endsWith("Grpc") && !type.getName().endsWith("GrpcKt")) {
      return false;
    }
    try {
      Class<?> returned = type.getMethod("getServiceDescriptor").getReturnType();
      return returned.getName().equals("io.grpc.ServiceDescriptor");
    } catch (NoSuchMethodException e) {
      return false;
    }
  }

  private static @Nullable Class<?> find(String name) {
    ClassLoader own = FrameClasses.class.getClassLoader();
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    Class<?> found = context == null ? null : find(name, context);
    return found == null ? find(name, own) : found;
  }

  private static @Nullable Class<?> find(String name, @Nullable ClassLoader loader) {
    try {
      return Class.forName(name, /* initialize= */ false, loader);
    } catch (ClassNotFoundException | LinkageError | RuntimeException e) {
      // A class loader of the user's may throw anything.
      return null;
    }
  }

  private static void collect(@Nullable Class<?> type, Set<String> names) {
    if (type != null && names.add(type.getName())) {
      collect(type.getSuperclass(), names);
      for (Class<?> each : type.getInterfaces()) {
        collect(each, names);
      }
    }
  }

  private static @Nullable String directory(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    URL location = source == null ? null : source.getLocation();
    // An archive within another one ends in a slash as well, and is no file.
    return location != null
            && location.getProtocol().equals("file")
            && location.getPath().endsWith("/")
        ? location.getPath()
        : null;
  }

  private static boolean startsWithAny(String name, List<String> prefixes) {
    for (String prefix : prefixes) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
