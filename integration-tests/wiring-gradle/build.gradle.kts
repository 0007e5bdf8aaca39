plugins { java }

java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }

repositories { mavenCentral() }

val grpc = "1.85.1"
val junit = "5.14.4"
val streamleak = "0.1.0-SNAPSHOT"

dependencies {
  // In a build of your own one line takes the place of these two, and brings the recorder along:
  // testImplementation("io.github.streamleak:grpc-stream-leak-junit:<version>")
  testImplementation(files("../../junit-extension/target/grpc-stream-leak-junit-$streamleak.jar"))
  testImplementation(files("../../recorder/target/grpc-stream-leak-recorder-$streamleak.jar"))
  // What those two would bring along if they came from a repository.
  testImplementation("io.grpc:grpc-inprocess:$grpc")
  testImplementation("io.grpc:grpc-util:$grpc")
  testImplementation("org.jspecify:jspecify:1.0.1")

  testImplementation("io.grpc:grpc-netty:$grpc")
  testImplementation("io.grpc:grpc-stub:$grpc")
  testImplementation("org.assertj:assertj-core:3.27.7")
  testImplementation("org.junit.jupiter:junit-jupiter:$junit")
  testRuntimeOnly("org.junit.platform:junit-platform-launcher")
}

// The suite is the one that Surefire runs in wiring-surefire, apart from what reads Surefire's reports.
sourceSets {
  test {
    java {
      srcDir("../wiring-surefire/src/test/java")
      exclude("**/SuiteVerifierTest.java")
    }
  }
}

tasks.test {
  useJUnitPlatform()
  // The two files of docs/adopting.md do as well; a system property reaches only the JVM of the tests.
  systemProperty("junit.jupiter.extensions.autodetection.enabled", "true")
  systemProperty("streamleak.watch", "all")
  systemProperty("streamleak.mode", System.getProperty("streamleak.mode") ?: "fail")
}
