package io.github.streamleak.testsupport;

/** Texts without what no two builds or runs share. */
public final class Stable {

  private Stable() {}

  /** Replaces lines, numbers of lambdas, and ports. */
  public static String text(String text) {
    return text.replaceAll("\\.java:\\d+\\)", ".java:LINE)")
        .replaceAll("(lambda\\$\\w+\\$)\\d+", "$1N")
        .replaceAll("(localhost)?/?127\\.0\\.0\\.1:\\d+", "LOOPBACK");
  }
}
