package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.run;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether OpenCensus is found where there is one, in class loaders that have all anew. */
// Public for what it has compiled, in a package of gRPC's.
public class InProcessTest {

  @Test
  void noTestLooksForOpenCensusAgain() throws Exception {
    try (Anew anew = new Anew()) {
      anew.runServedTests();
      assertThat(anew.askedOfCensus).isNotEmpty();
      anew.askedOfCensus.clear();

      anew.runServedTests();

      assertThat(anew.askedOfCensus).isEmpty();
    }
  }

  @Test
  void openCensusSeesTheServerAndTheChannelOfEachTest(@TempDir Path directory) throws Exception {
    writeCensus(directory, "Stats", "boolean a, boolean b, boolean c", ", boolean d");
    writeCensus(directory, "Tracing", "", "");
    try (Anew anew = new Anew(directory)) {
      anew.runServedTests();

      List<String> ofOneTest =
          List.of(
              "Stats of a server", "Tracing of a server", "Stats of a call", "Tracing of a call");
      List<String> ofBoth = new ArrayList<>(ofOneTest);
      ofBoth.addAll(ofOneTest);
      assertThat(anew.censusSaw()).containsExactlyInAnyOrderElementsOf(ofBoth);
    }
  }

  /** What gRPC looks for, in a shape that tells what it was asked for. */
  private static void writeCensus(Path directory, String kind, String parameters, String ofClient)
      throws IOException {
    String name = "InternalCensus" + kind + "Accessor";
    Path source = directory.resolve(name + ".java");
    Files.writeString(
        source,
        """
        package io.grpc.census;
        import io.grpc.*;
        public final class %1$s {
          public static ClientInterceptor getClientInterceptor(%3$s) {
            return new ClientInterceptor() {
              public <A, B> ClientCall<A, B> interceptCall(
                  MethodDescriptor<A, B> method, CallOptions options, Channel next) {
                io.github.streamleak.junit.InProcessTest.SEEN_BY_CENSUS.add("%2$s of a call");
                return next.newCall(method, options);
              }
            };
          }
          public static ServerStreamTracer.Factory getServerStreamTracerFactory(%4$s) {
            io.github.streamleak.junit.InProcessTest.SEEN_BY_CENSUS.add("%2$s of a server");
            return null;
          }
        }
        """
            .formatted(name, kind, parameters + ofClient, parameters));
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-d",
                directory.toString(),
                "-classpath",
                System.getProperty("java.class.path"),
                source.toString());
    assertThat(result).as("javac " + name).isZero();
  }

  /** Of the class that was loaded anew, not of this one. */
  public static final List<String> SEEN_BY_CENSUS = new CopyOnWriteArrayList<>();

  /** Called in the class loader that has all anew. */
  public static void runServedTestsHere() {
    assertAllPass(run(ServedTestCases.class), 2);
  }

  /** gRPC, JUnit and this library once more, with other things on the class path. */
  private static final class Anew extends URLClassLoader {

    final List<String> askedOfCensus = new CopyOnWriteArrayList<>();

    Anew(Path... more) {
      super(classPath(more), ClassLoader.getPlatformClassLoader());
    }

    private static URL[] classPath(Path... more) {
      List<Path> all = new ArrayList<>(List.of(more));
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
        all.add(Path.of(entry));
      }
      return all.stream().map(Anew::url).toArray(URL[]::new);
    }

    private static URL url(Path path) {
      try {
        return path.toUri().toURL();
      } catch (MalformedURLException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (name.startsWith("io.grpc.census.")) {
        askedOfCensus.add(name);
      }
      return super.findClass(name);
    }

    void runServedTests() throws Exception {
      Thread thread = Thread.currentThread();
      ClassLoader before = thread.getContextClassLoader();
      thread.setContextClassLoader(this);
      try {
        loadClass(InProcessTest.class.getName())
            .getDeclaredMethod("runServedTestsHere")
            .invoke(null);
      } finally {
        thread.setContextClassLoader(before);
      }
    }

    List<String> censusSaw() throws Exception {
      Object seen = loadClass(InProcessTest.class.getName()).getField("SEEN_BY_CENSUS").get(null);
      return ((List<?>) seen).stream().map(String::valueOf).toList();
    }
  }

  // ---- fixtures ----

  @GrpcStreamLeakCheck
  static class ServedTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void quotes(MarketBlockingStub stub) {
      assertThat(stub.quote("ACME")).isEqualTo("ACME at 100");
    }

    @Test
    void quotesAgain(MarketBlockingStub stub) {
      assertThat(stub.quote("OTHER")).isEqualTo("OTHER at 100");
    }
  }
}
