@echo off
rem Runs Smmulator from an unpacked distribution.
rem   SMMULATOR_JAVA_OPTS   more options for the JVM, such as -Xmx6g for a machine with 4 GiB of RAM
setlocal
set "JAR=%~dp0..\lib\smmulator.jar"
if exist "%JAR%" goto java
echo smmulator: there is no "%JAR%"; unpack the whole distribution>&2
exit /b 2

:java
set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
"%JAVA%" -version >nul 2>&1 && goto version
echo smmulator: no Java found; install Java 17 or later, or set JAVA_HOME>&2
exit /b 2

:version
"%JAVA%" -version 2>&1 | findstr /r /c:"version .1[7-9]" /c:"version .[2-9][0-9]" >nul && goto run
echo smmulator: this Java is too old; install Java 17 or later, or set JAVA_HOME>&2
exit /b 2

:run
"%JAVA%" %SMMULATOR_JAVA_OPTS% -jar "%JAR%" %*
exit /b %ERRORLEVEL%
